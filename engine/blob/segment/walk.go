package segment

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"ossd/engine/blob"
)

// Walk implements blob.Store. On its way it gives space back, see the package comment.
func (s *Store) Walk(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ids, err := s.made()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.walkSegment(ctx, id, olderThan, fn); err != nil {
			return err
		}
	}
	return s.Large.Walk(ctx, olderThan, fn)
}

// made lists the segments, but for one that is just being made: its file is
// there before the table knows that it is active, and would be taken for one in
// which nothing lives.
func (s *Store) made() ([]uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments()
}

func (s *Store) walkSegment(ctx context.Context, id uint64, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	seg, err := s.open.get(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if errors.Is(err, blob.ErrCorrupt) {
		return nil // reading from it says so; nothing in it can be told apart
	}
	if err != nil {
		return err
	}
	defer seg.release()
	err = seg.scan(ctx, func(offset int64, h header) error {
		if h.state != live || h.kind != kindBlob || !h.written.Before(olderThan) || seg.isInflight(offset) {
			return nil
		}
		return fn(place{id, offset, h.length}.ref(), h.length)
	})
	if err != nil {
		return err
	}
	return s.reclaim(ctx, seg)
}

// scan calls fn for the records of a segment. It ends where there is none: that
// is the end, or one that a crash has torn.
func (s *segment) scan(ctx context.Context, fn func(offset int64, h header) error) error {
	end, err := s.extent()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(nil, frame)
	var head [recordHeader]byte
	for at := int64(segmentHeader); at+recordHeader <= end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		in.Reset(io.NewSectionReader(s.file, at, end-at))
		// Records within the buffer are read without asking the system again.
		for {
			if _, err := io.ReadFull(in, head[:]); err != nil {
				return ignoreEnd(err)
			}
			h, ok := readHeader(head[:], s.id, at)
			if !ok || at+recordHeader+h.length > end {
				return nil
			}
			if err := fn(at, h); err != nil {
				return err
			}
			skip := span(h.length) - recordHeader
			at += span(h.length)
			if skip > int64(in.Buffered()) {
				break
			}
			if _, err := in.Discard(int(skip)); err != nil {
				return ignoreEnd(err)
			}
		}
	}
	return nil
}

func ignoreEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// reclaim gives back the space of what is dead, and removes a segment in which
// nothing lives any more.
func (s *Store) reclaim(ctx context.Context, seg *segment) error {
	var gaps []gap
	living, last := false, int64(segmentHeader)
	err := seg.scan(ctx, func(offset int64, h header) error {
		last = offset + span(h.length)
		if h.state == live {
			living = true
			return nil
		}
		if n := len(gaps); n > 0 && gaps[n-1].grows(offset) {
			gaps[n-1].end, gaps[n-1].records = last, gaps[n-1].records+1
		} else {
			gaps = append(gaps, gap{offset, last, 1})
		}
		return nil
	})
	if err != nil || seg.isActive() {
		return err
	}
	if !living {
		if living, err = seg.livesBehind(ctx, last); err != nil {
			return err
		}
	}
	if !living {
		return s.open.remove(seg.id)
	}
	return seg.hollow(gaps)
}

// livesBehind tells whether a record lives behind the last one that a scan
// came to. A crash tears the end of a segment, and behind that is nothing; but a
// damaged header in the middle ends a scan as well. Every place is looked at: what
// only looks like a record keeps the segment, no more.
func (s *segment) livesBehind(ctx context.Context, last int64) (bool, error) {
	info, err := s.file.Stat()
	if err != nil {
		return false, err
	}
	buf := make([]byte, 1<<20)
	for at := last; at+recordHeader <= info.Size(); at += int64(len(buf)) - frame {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := s.file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return false, err
		}
		for i := 0; i+recordHeader <= n; i += alignment {
			if h, ok := readHeader(buf[i:i+recordHeader], s.id, at+int64(i)); ok && h.state == live && at+int64(i)+recordHeader+h.length <= info.Size() {
				return true, nil
			}
		}
	}
	return false, nil
}
