package segment

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"

	"ossd/engine/blob"
)

// Open implements blob.Store. The frames that the range lies in are read and
// checked at once, so that a blob that is deleted meanwhile stays readable.
func (s *Store) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	p, ok := parseRef(ref)
	if !ok {
		return s.Large.Open(ctx, ref, offset, length)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if offset < 0 || length < -1 {
		return nil, fmt.Errorf("blob/segment: invalid range %d, %d", offset, length)
	}
	r, err := s.openRecord(p, offset, length)
	if err != nil {
		return nil, fmt.Errorf("blob/segment: %s: %w", ref, err)
	}
	return r, nil
}

func (s *Store) openRecord(p place, offset, length int64) (*reader, error) {
	seg, err := s.open.get(p.segment)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", blob.ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	defer seg.release()
	if length == -1 {
		length = max(0, p.length-offset)
	}
	if offset > p.length || length > p.length-offset {
		return nil, existing(seg, p)
	}
	return seg.open(p, offset, length)
}

// existing explains why a range of a blob cannot be read: the blob is too short, if it is there at all.
func existing(seg *segment, p place) error {
	r, err := seg.open(p, 0, 0)
	if err != nil {
		return err
	}
	return errors.Join(io.ErrUnexpectedEOF, r.Close())
}

// open reads the frames that a range lies in. What is deleted meanwhile may lose
// some of its bytes between one read and the next, or within one: that is not damage.
func (s *segment) open(p place, offset, length int64) (*reader, error) {
	r, err := s.read(p, offset, length)
	if errors.Is(err, blob.ErrCorrupt) && s.isGone(p.offset) {
		return nil, s.missing(p)
	}
	return r, err
}

// isGone tells whether a record is dead, or its state has been given back.
func (s *segment) isGone(offset int64) bool {
	var state [4]byte
	_, err := s.file.ReadAt(state[:], offset)
	return err == nil && isGone(state[:])
}

// isGone looks at the state alone: pages are given back whole, and may take the
// rest of a header along or leave it.
func isGone(head []byte) bool {
	state := binary.BigEndian.Uint32(head)
	return state == dead || state == 0
}

func (s *segment) missing(p place) error {
	return fmt.Errorf("%w: segment %016x has none at %d", blob.ErrNotFound, s.id, p.offset)
}

// read reads and checks the frames that a range lies in.
func (s *segment) read(p place, offset, length int64) (*reader, error) {
	first := offset / frame
	if first == frames {
		first-- // behind the last byte of the longest blob
	}
	from, to := first*frame, min((offset+length+frame-1)/frame*frame, p.length)
	if first == 0 {
		// The header stands right before: one read for both.
		r := newReader(recordHeader + to)
		if err := s.fill(r.buf, p.offset); err != nil {
			return nil, r.fail(err)
		}
		if err := s.check(r.buf[:recordHeader], r.buf[recordHeader:], p, 0); err != nil {
			return nil, r.fail(err)
		}
		r.left = r.buf[recordHeader+offset:][:length]
		return r, nil
	}
	var head [recordHeader]byte
	if err := s.fill(head[:], p.offset); err != nil {
		return nil, err
	}
	r := newReader(max(0, to-from))
	if err := s.fill(r.buf, p.offset+recordHeader+from); err != nil {
		return nil, r.fail(err)
	}
	if err := s.check(head[:], r.buf, p, int(first)); err != nil {
		return nil, r.fail(err)
	}
	r.left = r.buf[offset-from:][:length]
	return r, nil
}

func (s *segment) fill(b []byte, offset int64) error {
	_, err := s.file.ReadAt(b, offset)
	if err == io.EOF {
		return fmt.Errorf("%w: segment %016x is cut off", blob.ErrCorrupt, s.id)
	}
	return err
}

// check compares what was read with what the header says: data begins with the
// frame of that number.
func (s *segment) check(head, data []byte, p place, first int) error {
	h, ok := readHeader(head, s.id, p.offset)
	switch {
	case isGone(head), ok && h.kind == kindGap:
		return s.missing(p)
	case !ok || h.length != p.length:
		return fmt.Errorf("%w: segment %016x has no such record at %d", blob.ErrCorrupt, s.id, p.offset)
	}
	for i := 0; i*frame < len(data); i++ {
		if crc32.Checksum(frameOf(data, i), castagnoli) != h.sums[first+i] {
			return fmt.Errorf("%w: segment %016x, record at %d, frame %d", blob.ErrCorrupt, s.id, p.offset, first+i)
		}
	}
	return nil
}

// reader is a blob.Reader of bytes that are in memory.
type reader struct {
	buf  []byte // nil once closed
	left []byte // of buf
}

// Most blobs are small, and must not hold a buffer for the largest.
var (
	smallBuffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}
	largeBuffers = sync.Pool{New: func() any { b := make([]byte, recordHeader+MaxLimit); return &b }}
)

func newReader(n int64) *reader {
	pool := &smallBuffers
	if n > 16<<10 {
		pool = &largeBuffers
	}
	return &reader{buf: (*pool.Get().(*[]byte))[:n]}
}

func (r *reader) fail(err error) error { return errors.Join(err, r.Close()) }

func (r *reader) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// WriteTo writes what is left in one piece, so that a response's head and body
// can share a packet.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	if len(r.left) == 0 {
		return 0, nil
	}
	n, err := w.Write(r.left)
	r.left = r.left[n:]
	return int64(n), err
}

func (r *reader) Close() error {
	if r.buf == nil {
		return nil
	}
	pool, whole := &smallBuffers, r.buf[:cap(r.buf)]
	if len(whole) > 16<<10 {
		pool = &largeBuffers
	}
	pool.Put(&whole)
	r.buf, r.left = nil, nil
	return nil
}
