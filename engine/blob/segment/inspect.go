package segment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ossd/engine/blob"
)

var _ blob.Inspector = (*Store)(nil)

// Inspect implements blob.Inspector. What lies behind a record whose header is
// damaged is not met, as in Walk.
func (s *Store) Inspect(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	ids, err := s.made()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.inspect(ctx, id, olderThan, fn); err != nil {
			return err
		}
	}
	return blob.Inspect(s.Large).Inspect(ctx, olderThan, fn)
}

func (s *Store) inspect(ctx context.Context, id uint64, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	seg, err := s.open.get(id)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrCorrupt) {
		return nil // those whose blobs are in it hear of that
	}
	if err != nil {
		return err
	}
	defer seg.release()
	return seg.scan(ctx, func(offset int64, h header) error {
		if h.state != live || h.kind != kindBlob || !h.written.Before(olderThan) || seg.isInflight(offset) {
			return nil
		}
		return fn(place{id, offset, h.length}.ref(), h.length)
	})
}

// Size implements blob.Inspector. It looks at the record's header, and whether
// the segment goes as far as the record.
func (s *Store) Size(ctx context.Context, ref blob.Ref) (int64, error) {
	p, ok := parseRef(ref)
	if !ok {
		return blob.Inspect(s.Large).Size(ctx, ref)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	seg, err := s.open.get(p.segment)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, blob.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	defer seg.release()
	r, err := seg.open(p, 0, 0)
	if err != nil {
		return 0, err
	}
	r.Close()
	info, err := seg.file.Stat()
	if err != nil {
		return 0, err
	}
	if p.offset+recordHeader+p.length > info.Size() {
		return 0, fmt.Errorf("%w: segment %016x is cut off", blob.ErrCorrupt, p.segment)
	}
	return p.length, nil
}

// Where implements blob.Inspector.
func (s *Store) Where(ref blob.Ref) string {
	if p, ok := parseRef(ref); ok {
		return fmt.Sprintf("%s at %d", segmentPath(s.Dir, p.segment), p.offset)
	}
	return blob.Inspect(s.Large).Where(ref)
}
