package file

import (
	"context"
	"errors"
	"os"

	"ossd/engine/blob"
	"ossd/engine/blob/internal/space"
	"ossd/internal/durable"
)

// fdatasync is a variable so that a test can break the disk.
var fdatasync = durable.Fdatasync

var errEnded = errors.New("blob/file: writer has ended")

// writer is a blob.Writer. It is used by one goroutine at a time.
type writer struct {
	store *Store
	ref   blob.Ref
	file  *os.File // nil once it has ended
	dir   *durable.Dir
	err   error // the first failed Write; the blob cannot be committed any more

	written, begun int64 // bytes written, and those of them that are on their way to the disk
}

// writebackChunk is how many bytes are gathered before the disk begins with
// them. Without that a large blob would reach the disk only when it is committed.
const writebackChunk = 8 << 20

func (w *writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, errEnded
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.err = w.store.space.Take(int64(len(p))); w.err != nil {
		return 0, w.err
	}
	n, err := w.file.Write(p)
	w.err = space.Full(err)
	if w.written += int64(n); w.written-w.begun >= writebackChunk {
		durable.StartWriteback(w.file, w.begun, w.written-w.begun)
		w.begun = w.written
	}
	return n, w.err
}

func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if w.file == nil {
		return "", errEnded
	}
	if err := w.sync(ctx); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	f := w.file
	w.file = nil
	w.store.end(w.ref)
	// The bytes are safe; what a close still has to say does not matter.
	f.Close()
	return w.ref, nil
}

func (w *writer) sync(ctx context.Context) error {
	if err := errors.Join(ctx.Err(), w.err); err != nil {
		return err
	}
	if err := fdatasync(w.file); err != nil {
		return space.Full(err)
	}
	return space.Full(w.dir.Sync())
}

// Abort removes the file. If that fails, Walk reports the file one day.
func (w *writer) Abort() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	err := errors.Join(os.Remove(f.Name()), f.Close())
	w.store.end(w.ref)
	return err
}
