package objectstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Checking says what Check looks at and whom it tells.
type Checking struct {
	// OrphanAge is how old bytes without a row must be to count as wrong; 0: 48
	// hours. Until then they may belong to an upload, or the sweeper has not come to them yet.
	OrphanAge time.Duration
	Found     func(Finding)           // must not be nil
	Progress  func(done, total int64) // rows; may be nil
}

// Checked is what Check saw.
type Checked struct {
	Buckets  int64 `json:"buckets"`
	Objects  int64 `json:"objects"`  // current ones
	Versions int64 `json:"versions"` // the others
	Markers  int64 `json:"deleteMarkers"`
	Uploads  int64 `json:"uploads"`
	Parts    int64 `json:"parts"`
	Bytes    int64 `json:"bytes"` // of objects, versions and parts

	Blobs     int64 `json:"blobs"`
	BlobBytes int64 `json:"blobBytes"`
	Garbage   int64 `json:"garbage"`      // deleted, and waiting for the sweeper: blobs, or contents of several
	Young     int64 `json:"youngOrphans"` // blobs without a row that may be uploads under way
	Orphans   int64 `json:"orphans"`      // likewise, but too old for that; each is a finding

	Findings int64 `json:"findings"`
}

const defaultOrphanAge = 48 * time.Hour

// Check compares rows with rows and rows with blobs, as of one instant, and
// tells what does not fit together. It reads no content (Scrub does) and changes
// nothing. Blobs are held meanwhile.
func (s *Store) Check(ctx context.Context, c Checking) (Checked, error) {
	if c.OrphanAge == 0 {
		c.OrphanAge = defaultOrphanAge
	}
	defer s.Hold()()
	k := &checker{Store: s, Checking: c, ctx: ctx, inspector: blob.Inspect(s.Blobs), began: s.Now()}
	err := s.Rows.View(ctx, func(rows meta.Snapshot) error {
		k.rows = rows
		for _, step := range []func() error{k.count, k.checkRows, k.checkReferences, k.checkBlobs, k.checkScrubbed} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	return k.seen, err
}

// checker is one run of Check.
type checker struct {
	*Store
	Checking
	seen      Checked
	ctx       context.Context
	rows      meta.Snapshot
	inspector blob.Inspector
	began     time.Time

	total, done int64 // rows
	references  int64

	bucket    Bucket // whose rows are being looked at
	newestKey string // whose newest other version was met last
	anyOther  bool   // one was met in the bucket
}

func (c *checker) found(f Finding) {
	c.seen.Findings++
	if f.Blob != "" {
		f.File = c.inspector.Where(blob.Ref(f.Blob))
	}
	c.Found(f)
}

// wrongRow reports a row that cannot be what it should.
func (c *checker) wrongRow(key []byte, format string, args ...any) {
	c.found(Finding{Kind: BadRow, Bucket: c.bucket.Name, Text: fmt.Sprintf("row %.200q: ", key) + fmt.Sprintf(format, args...)})
}

// each calls fn for every row that begins with a prefix.
func (c *checker) each(prefix []byte, fn func(meta.Row) error) error {
	n := 0
	for row, err := range c.rows.Scan(prefix, meta.PrefixEnd(prefix)) {
		if err != nil {
			return err
		}
		if n++; n%1000 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// count finds out how much there is to do.
func (c *checker) count() error {
	return c.each(nil, func(row meta.Row) error {
		switch row.Key[0] {
		case 'R':
			c.references++
		case 'A':
			return nil
		}
		c.total++
		return nil
	})
}

func (c *checker) progress() {
	if c.done++; c.done%1000 == 0 && c.Progress != nil {
		c.Progress(c.done, c.total)
	}
}

// checkRows looks at every row by itself and at those that it speaks of.
func (c *checker) checkRows() error {
	err := c.each(nil, func(row meta.Row) error {
		switch row.Key[0] {
		case 'A', 'I', 'L', 'M', 'N': // not ours
			return nil
		case 'B':
			c.progress()
			return c.bucketRow(row)
		}
		c.bucket = Bucket{}
		c.progress()
		switch row.Key[0] {
		case 'O':
			return c.ownerRow(row)
		case garbageBlob, garbageContent:
			return c.garbageRow(row)
		case 'E', 'R': // checkReferences
		case 'P', scrubRows, damageRows, searchRows:
		default:
			c.wrongRow(row.Key, "there are no such rows")
		}
		return nil
	})
	if c.Progress != nil {
		c.Progress(c.done, c.total)
	}
	return err
}

func (c *checker) ownerRow(row meta.Row) error {
	account, name, ok := bytes.Cut(row.Key[1:], []byte{0})
	if !ok {
		c.wrongRow(row.Key, "names no bucket")
		return nil
	}
	b, err := readBucket(c.rows, string(name))
	switch {
	case errors.Is(err, &Error{Kind: NoSuchBucket}):
		c.wrongRow(row.Key, "there is no such bucket")
	case err != nil: // told already
	case b.Owner != string(account):
		c.wrongRow(row.Key, "the bucket belongs to account %s", b.Owner)
	}
	return nil
}

func (c *checker) garbageRow(row meta.Row) error {
	c.seen.Garbage++
	_, name, err := splitGarbageKey(row.Key)
	if err != nil {
		c.wrongRow(row.Key, "malformed")
		return nil
	}
	if row.Key[0] == garbageContent {
		return nil // its blobs are freed bit by bit
	}
	return c.wantReference(Finding{}, blob.Ref(name), nil)
}

// has tells whether there is a row.
func (c *checker) has(key []byte) (bool, error) {
	_, err := c.rows.Get(key)
	if errors.Is(err, meta.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
