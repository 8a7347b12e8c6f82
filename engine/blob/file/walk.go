package file

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"ossd/engine/blob"
)

// walkBatch bounds how many names are held at a time.
const walkBatch = 1024

// Walk implements blob.Store. What it meets that is not a blob's file it leaves alone.
func (s *Store) Walk(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	for i := range s.dirs {
		if err := s.walkDir(ctx, s.dirPath(i), olderThan, fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) walkDir(ctx context.Context, dir string, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	d, err := s.disk.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		names, err := d.Readdirnames(walkBatch)
		for _, name := range names {
			if err := s.visit(blob.Ref(name), olderThan, fn); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Store) visit(ref blob.Ref, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	path, ok := s.path(ref)
	if !ok || s.isWriting(ref) {
		return nil
	}
	info, err := s.disk.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since the directory was read
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || !info.ModTime().Before(olderThan) {
		return nil
	}
	return fn(ref, sizeOf(ref, info.Size()))
}

// sizeOf is how long a blob is whose file has a size. What a crash has left
// behind, or cut off, can be as long as its file.
func sizeOf(ref blob.Ref, size int64) int64 {
	if length, ok := blobLength(size); ok && hasSums(ref) {
		return length
	}
	return size
}
