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
	size, ok := blobLength(info.Size())
	switch {
	case !hasSums(ref):
		return info.Size(), nil
	case !ok: // cut off, by its checksums alone perhaps
		return 0, fmt.Errorf("%w: %s has the size of no blob", blob.ErrCorrupt, path)
	}
	return size, nil
}

// Where implements blob.Inspector.
func (s *Store) Where(ref blob.Ref) string {
	path, _ := s.path(ref)
	return path
}
