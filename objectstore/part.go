package objectstore

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Part is one part of an upload.
type Part struct {
	Number       int // 1 to MaxParts
	Size         int64
	ETag         string // MD5, upper-case hex, without quotes
	CRC64        uint64
	LastModified time.Time

	ref    blob.Ref
	digest []byte // of a sequential upload: the state of the MD5 of this and all parts before
}

// PutPart is a part to be written.
type PutPart struct {
	Bucket Bucket
	Key    string
	Upload string // id
	Number int
	Incoming
}

func (p *PutPart) check() error {
	if p.Number < 1 || p.Number > MaxParts {
		return &Error{Kind: PartNumberRange, Bucket: p.Bucket.Name, Key: p.Key}
	}
	return CheckKey(p.Bucket.Name, p.Key)
}

// PutPart stores a part, replacing one of the same number.
func (s *Store) PutPart(ctx context.Context, p PutPart) (Part, error) {
	if err := p.check(); err != nil {
		return Part{}, err
	}
	chain, err := s.chain(ctx, p)
	if err != nil {
		return Part{}, err
	}
	w, err := s.write(ctx, p.Incoming, p.Bucket.Name, p.Key, chain.hash())
	if err != nil {
		return Part{}, err
	}
	return s.commitPart(ctx, p, w, chain)
}

// CopyPart stores a piece of an object as a part. Of p, what is Incoming is left empty, but for Confirm.
func (s *Store) CopyPart(ctx context.Context, p PutPart, from Piece) (Part, error) {
	if err := p.check(); err != nil {
		return Part{}, err
	}
	chain, err := s.chain(ctx, p)
	if err != nil {
		return Part{}, err
	}
	if chain != nil {
		return Part{}, &Error{Kind: PartNotSequential, Bucket: p.Bucket.Name, Key: p.Key, Upload: p.Upload}
	}
	w, err := s.writeCopy(ctx, p.Bucket.Name, p.Key, from, p.Confirm)
	if err != nil {
		return Part{}, err
	}
	return s.commitPart(ctx, p, w, nil)
}

// chain continues the MD5 of a sequential upload. It is nil for any other.
type chain struct {
	before Part // the part that this one follows; its number is 0 for the first
	md5    hash.Hash
}

func (c *chain) hash() hash.Hash {
	if c == nil {
		return nil
	}
	return c.md5
}

// chain looks whether the upload is there, and where its MD5 stands.
func (s *Store) chain(ctx context.Context, p PutPart) (c *chain, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		u, id, err := readUpload(rows, p.Bucket.Name, p.Key, p.Upload)
		if err != nil || !u.Sequential {
			return err
		}
		before, err := partBefore(rows, p, id)
		if err != nil {
			return err
		}
		c = &chain{before: before, md5: md5.New()}
		if before.Number == 0 {
			return nil
		}
		if err := c.md5.(encoding.BinaryUnmarshaler).UnmarshalBinary(before.digest); err != nil {
			return fmt.Errorf("objectstore: part %d of upload %s: %w", before.Number, p.Upload, err)
		}
		return nil
	})
	return c, err
}

// partBefore returns the part that p follows, and fails with PartNotSequential
// unless p is the next one, or the last one again.
func partBefore(rows meta.Snapshot, p PutPart, id uploadID) (before Part, err error) {
	parts, err := readParts(rows, p.Bucket.Name, id, max(p.Number-2, 0), 3)
	if err != nil {
		return before, err
	}
	for _, part := range parts {
		if part.Number == p.Number-1 {
			before = part
		}
		if part.Number > p.Number {
			before.Number = -1
		}
	}
	if before.Number != p.Number-1 {
		return before, &Error{Kind: PartNotSequential, Bucket: p.Bucket.Name, Key: p.Key, Upload: p.Upload}
	}
	return before, nil
}

// commitPart writes the rows that make a part exist.
func (s *Store) commitPart(ctx context.Context, p PutPart, w written, c *chain) (Part, error) {
	ctx, cancel := context.WithTimeout(ctx, commitDeadline)
	defer cancel()
	part := Part{Number: p.Number, Size: w.size, ETag: upperHex(w.sum), CRC64: w.crc, ref: w.ref}
	id, _ := parseUploadID(p.Upload)
	locks := []meta.Lock{
		meta.Shared(string(bucketKey(p.Bucket.Name))),
		meta.Shared(string(uploadKey(p.Bucket.Name, p.Key, id))),
		meta.Shared(string(partsOf(p.Bucket.Name, id))),
		meta.Exclusive(string(partKey(p.Bucket.Name, id, p.Number))),
	}
	if c != nil { // other parts are looked at, too
		locks = append(locks, meta.Exclusive(string(partsOf(p.Bucket.Name, id))))
	}
	err := s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		if _, err := sameBucket(tx, p.Bucket); err != nil {
			return err
		}
		if _, _, err := readUpload(tx, p.Bucket.Name, p.Key, p.Upload); err != nil {
			return err
		}
		if err := c.extend(tx, p, id, &part); err != nil {
			return err
		}
		if err := s.inTime(w.since); err != nil {
			return err
		}
		part.LastModified = s.Now().UTC()
		return s.replacePart(tx, p, id, &part)
	})
	if err != nil {
		return Part{}, s.withdraw(ctx, w, err)
	}
	return part, nil
}

// extend keeps the state of the MD5 with the part, if what came before it still is what it was.
func (c *chain) extend(tx meta.Tx, p PutPart, id uploadID, part *Part) error {
	if c == nil {
		return nil
	}
	before, err := partBefore(tx, p, id)
	if err != nil {
		return err
	}
	if before.ref != c.before.ref {
		return &Error{Kind: PartNotSequential, Bucket: p.Bucket.Name, Key: p.Key, Upload: p.Upload}
	}
	part.digest, err = c.md5.(encoding.BinaryMarshaler).MarshalBinary()
	return err
}

func (s *Store) replacePart(tx meta.Tx, p PutPart, id uploadID, part *Part) error {
	key := partKey(p.Bucket.Name, id, p.Number)
	row, err := tx.Get(key)
	switch {
	case err == nil:
		old, err := decodePart(p.Number, row)
		if err != nil {
			return err
		}
		if err := s.discardBlob(tx, old.ref); err != nil {
			return err
		}
	case !errors.Is(err, meta.ErrNotFound):
		return err
	}
	if err := refer(tx, part.ref, p.Bucket.Name, p.Key); err != nil {
		return err
	}
	return tx.Put(key, encodePart(part))
}

// readParts returns the parts behind a number, in their order.
func readParts(rows meta.Snapshot, bucket string, id uploadID, after, limit int) (parts []Part, err error) {
	all := partsOf(bucket, id)
	for row, err := range rows.Scan(partKey(bucket, id, max(after, 0)+1), meta.PrefixEnd(all)) {
		if err != nil {
			return nil, err
		}
		if len(parts) == limit {
			break
		}
		number := bytes.TrimPrefix(row.Key, all)
		if len(number) != 2 {
			return nil, fmt.Errorf("objectstore: malformed row of a part %q", row.Key)
		}
		part, err := decodePart(int(binary.BigEndian.Uint16(number)), row.Value)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// PartPage is one page of an upload's parts in the order of their numbers.
type PartPage struct {
	Upload Upload
	Parts  []Part
	More   bool
}

// Parts lists the parts behind a number.
func (s *Store) Parts(ctx context.Context, bucket, key, id string, after, limit int) (page PartPage, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		u, id, err := readUpload(rows, bucket, key, id)
		if err != nil {
			return err
		}
		page.Upload = u
		if after >= MaxParts || limit <= 0 {
			return nil
		}
		page.Parts, err = readParts(rows, bucket, id, after, limit+1)
		if page.More = len(page.Parts) > limit; page.More {
			page.Parts = page.Parts[:limit]
		}
		return err
	})
	return page, err
}
