package segment

import (
	"context"
	"errors"

	"ossd/engine/blob"
)

var errEnded = errors.New("blob/segment: writer has ended")

// writer gathers a blob in memory, behind the room for its header, until it
// ends or becomes too long.
type writer struct {
	store  *Store
	ctx    context.Context // of Create, for the other store
	record []byte          // nil once it has ended or gone over to large
	large  blob.Writer
	err    error // why the blob cannot be committed any more
}

// newRecord makes room for a blob of some length; unknown lengths grow.
func newRecord(sizeHint int64) []byte {
	return make([]byte, recordHeader, recordHeader+max(512, sizeHint))
}

func (w *writer) Write(p []byte) (int, error) {
	switch {
	case w.err != nil:
		return 0, w.err
	case w.large != nil:
		return w.large.Write(p)
	case w.record == nil:
		return 0, errEnded
	case int64(len(w.record)-recordHeader+len(p)) > w.store.Limit:
		return w.spill(p)
	}
	w.record = append(w.record, p...)
	return len(p), nil
}

// spill goes over to the other store.
func (w *writer) spill(p []byte) (int, error) {
	large, err := w.store.Large.Create(w.ctx, -1)
	if err == nil {
		w.large = large
		_, err = large.Write(w.record[recordHeader:])
	}
	w.record = nil
	if w.err = err; err != nil {
		return 0, err
	}
	return large.Write(p)
}

func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if w.large != nil {
		return w.large.Commit(ctx)
	}
	if w.record == nil {
		return "", errors.Join(errEnded, w.err)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	record := w.record
	w.record = nil
	return w.store.commit(record)
}

func (w *writer) Abort() error {
	w.record = nil
	if w.large != nil {
		return w.large.Abort()
	}
	return nil
}
