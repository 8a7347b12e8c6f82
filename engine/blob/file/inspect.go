package file

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"ossd/engine/blob"
)

var _ blob.Inspector = (*Store)(nil)

// Inspect implements blob.Inspector. Walk changes nothing here, either.
func (s *Store) Inspect(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	return s.Walk(ctx, olderThan, fn)
}

// Size implements blob.Inspector.
func (s *Store) Size(ctx context.Context, ref blob.Ref) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	path, ok := s.path(ref)
	if !ok {
		return 0, blob.ErrNotFound
	}
	info, err := s.disk.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, blob.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	return sizeOf(ref, info.Size()), nil
}

// Where implements blob.Inspector.
func (s *Store) Where(ref blob.Ref) string {
	path, _ := s.path(ref)
	return path
}
