package objectstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// content says where an object's bytes lie: in one blob (ref), in several (id,
// whose extent rows say which), or nowhere, since there are none.
type content struct {
	ref blob.Ref
	id  string
}

// extent is one blob of a content and its length in bytes.
type extent struct {
	ref  blob.Ref
	size int64
}

// Content yields an object's bytes; WriteTo takes the cheapest way there is into the given writer.
type Content interface {
	io.ReadCloser
	io.WriterTo
}

// Open reads length bytes of an object's content from offset; length -1 means
// to the end. The caller must close the reader. NoSuchKey means that the object
// was replaced or deleted so long ago that its bytes are gone.
func (s *Store) Open(ctx context.Context, bucket string, o *Object, offset, length int64) (Content, error) {
	if length < 0 {
		length = o.Size - offset
	}
	r, err := s.open(ctx, o.content, offset, length)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, s.explainMissing(ctx, bucket, o, err)
	}
	return r, err
}

func (s *Store) open(ctx context.Context, c content, offset, length int64) (Content, error) {
	switch {
	case c.id != "":
		return s.openExtents(ctx, c.id, offset, length)
	case c.ref != "":
		return s.Blobs.Open(ctx, c.ref, offset, length)
	}
	return nothing{}, nil
}

// explainMissing tells bytes that were rightly freed from those that were lost.
func (s *Store) explainMissing(ctx context.Context, bucket string, o *Object, cause error) error {
	now, err := s.Find(ctx, bucket, o.Key, o.Version())
	if err != nil {
		return err
	}
	if now.Object != nil && now.Object.content == o.content {
		return fmt.Errorf("objectstore: content of %q in bucket %q is missing: %w", o.Key, bucket, cause)
	}
	return &Error{Kind: NoSuchKey, Bucket: bucket, Key: o.Key}
}

// nothing is the content of objects without bytes.
type nothing struct{}

func (nothing) Read([]byte) (int, error)         { return 0, io.EOF }
func (nothing) WriteTo(io.Writer) (int64, error) { return 0, nil }
func (nothing) Close() error                     { return nil }

// extents reads a content of several blobs, one after the other. Rows and blobs
// are opened when their turn comes; the pin keeps them from being freed meanwhile.
type extents struct {
	store   *Store
	ctx     context.Context
	id      string
	at, end int64 // what is left to read

	known   []extent    // from at on; the first may have been read in part
	skip    int64       // how much of the first lies before at
	current blob.Reader // nil: the next extent has not been opened
	closed  bool
}

func (s *Store) openExtents(ctx context.Context, id string, offset, length int64) (*extents, error) {
	x := &extents{store: s, ctx: ctx, id: id, at: offset, end: offset + length}
	s.pins.add(id)
	if err := x.next(); err != nil && err != io.EOF {
		x.Close()
		return nil, err
	}
	return x, nil
}

// knownExtents bounds how many extents a reader holds at a time, but for those of one row.
const knownExtents = 1024

// next opens the blob at x.at, or returns io.EOF behind the last.
func (x *extents) next() error {
	if x.at >= x.end {
		return io.EOF
	}
	if len(x.known) == 0 {
		if err := x.look(); err != nil {
			return err
		}
	}
	first := x.known[0]
	r, err := x.store.Blobs.Open(x.ctx, first.ref, x.skip, min(first.size-x.skip, x.end-x.at))
	if err != nil {
		return err
	}
	x.current = r
	return nil
}

// look reads the extents from x.at on.
func (x *extents) look() error {
	x.known, x.skip = nil, 0
	err := x.store.Rows.View(x.ctx, func(rows meta.Snapshot) error {
		all := extentRange(x.id)
		for row, err := range rows.Scan(extentKey(x.id, x.at+1, ""), meta.PrefixEnd(all)) {
			if err != nil {
				return err
			}
			run, err := decodeExtents(row.Value)
			if err != nil {
				return err
			}
			if len(x.known) == 0 {
				run = x.seek(run, int64(binary.BigEndian.Uint64(row.Key[len(all):])))
			}
			if x.known = append(x.known, run...); len(x.known) >= knownExtents {
				return nil
			}
		}
		return nil
	})
	if err == nil && len(x.known) == 0 {
		err = blob.ErrNotFound
	}
	return err
}

// seek drops from a run that ends at end what lies before x.at.
func (x *extents) seek(run []extent, end int64) []extent {
	x.skip = x.at - end
	for _, e := range run {
		x.skip += e.size
	}
	for len(run) > 0 && x.skip >= run[0].size {
		x.skip -= run[0].size
		run = run[1:]
	}
	return run
}

// pass ends the current blob.
func (x *extents) pass() error {
	err := x.current.Close()
	x.current, x.known, x.skip = nil, x.known[1:], 0
	return err
}

func (x *extents) Read(p []byte) (int, error) {
	for {
		if x.current == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.current.Read(p)
		x.at += int64(n)
		if err == io.EOF {
			if err = x.pass(); n == 0 && err == nil {
				continue
			}
		}
		return n, err
	}
}

func (x *extents) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if x.current == nil {
			if err := x.next(); err == io.EOF {
				return total, nil
			} else if err != nil {
				return total, err
			}
		}
		n, err := x.current.WriteTo(w)
		x.at += n
		total += n
		if err == nil {
			err = x.pass()
		}
		if err != nil {
			return total, err
		}
	}
}

func (x *extents) Close() error {
	if x.closed {
		return nil
	}
	x.closed = true
	x.store.pins.remove(x.id)
	if x.current == nil {
		return nil
	}
	return x.current.Close()
}

// pins counts the readers of contents of several blobs, which may read for
// longer than deleted bytes stay around.
type pins struct {
	mu    sync.Mutex
	count map[string]int
}

func (p *pins) add(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == nil {
		p.count = map[string]int{}
	}
	p.count[id]++
}

func (p *pins) remove(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count[id]--; p.count[id] == 0 {
		delete(p.count, id)
	}
}

func (p *pins) held(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[id] > 0
}

// discard hands an object's bytes to the garbage.
func (s *Store) discard(tx meta.Tx, c content) error {
	switch {
	case c.id != "":
		return tx.Insert(garbageKey(garbageContent, s.Now().Add(s.Grace), c.id), nil)
	case c.ref != "":
		return s.discardBlob(tx, c.ref)
	}
	return nil
}

func (s *Store) discardBlob(tx meta.Tx, ref blob.Ref) error {
	return tx.Insert(garbageKey(garbageBlob, s.Now().Add(s.Grace), string(ref)), nil)
}

// extentRun bounds how many extents one row lists.
const extentRun = 512

// writeExtents writes the rows of a new content. It needs no lock, since the id is fresh.
func writeExtents(tx meta.Tx, id string, all []extent) error {
	end := int64(0)
	for len(all) > 0 {
		run := all[:min(len(all), extentRun)]
		all = all[len(run):]
		for _, e := range run {
			end += e.size
		}
		if err := tx.Insert(extentKey(id, end, run[0].ref), encodeExtents(run)); err != nil {
			return err
		}
	}
	return nil
}
