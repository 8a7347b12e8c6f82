package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"ossd/engine/blob"
)

var _ blob.Inspector = (*Store)(nil)

// Inspect implements blob.Inspector. Walk changes nothing here, either.
func (s *Store) Inspect(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	return s.Walk(ctx, olderThan, fn)
}

// Size implements blob.Inspector. Where there are checksums a file may have a size that no blob gives it.
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
	if !hasSums(ref) {
		return info.Size(), nil
	}
	size, ok := blobLength(info.Size())
	if !ok {
		return 0, fmt.Errorf("%w: %s has the size of no blob", blob.ErrCorrupt, path)
	}
	return size, nil
}

// Where implements blob.Inspector.
func (s *Store) Where(ref blob.Ref) string {
	path, _ := s.path(ref)
	return path
}
