package file

import (
	"context"
	"errors"

	"ossd/engine/blob"
	"ossd/engine/blob/internal/space"
	"ossd/internal/disk"
	"ossd/internal/durable"
)

var errEnded = errors.New("blob/file: writer has ended")

// writer is a blob.Writer. It is used by one goroutine at a time.
type writer struct {
	store *Store
	file  disk.File // nil once it has ended
	dir   *durable.Dir
	sums  sums
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
	w.sums.add(p)
	return w.append(p)
}

// append writes bytes of the blob, or what stands behind them.
func (w *writer) append(p []byte) (n int, err error) {
	if w.err = w.store.space.Take(int64(len(p))); w.err != nil {
		return 0, w.err
	}
	n, err = w.file.WriteAt(p, w.written)
	w.err = space.Full(err)
	if w.written += int64(n); w.written-w.begun >= writebackChunk {
		w.store.disk.StartWriteback(w.file, w.begun, w.written-w.begun)
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
	w.store.end(w.sums.ref)
	// The bytes are safe; what a close still has to say does not matter.
	f.Close()
	return w.sums.ref, nil
}

func (w *writer) sync(ctx context.Context) error {
	if err := errors.Join(ctx.Err(), w.err); err != nil {
		return err
	}
	if _, err := w.append(w.sums.all()); err != nil {
		return err
	}
	if err := w.store.disk.Datasync(w.file); err != nil {
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
	err := errors.Join(w.store.disk.Remove(f.Name()), f.Close())
	w.store.end(w.sums.ref)
	return err
}
