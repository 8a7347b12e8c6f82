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
	record []byte          // nil before the first byte, and where there is a large one
	large  blob.Writer
	err    error // why nothing can be written or committed any more
}

func (w *writer) Write(p []byte) (n int, err error) {
	switch {
	case w.err != nil:
		return 0, w.err
	case w.large != nil:
		n, w.err = w.large.Write(p)
		return n, w.err
	case int64(w.length()+len(p)) > w.store.Limit:
		n, w.err = w.spill(p)
		return n, w.err
	}
	w.gather(p)
	return len(p), nil
}

func (w *writer) length() int { return max(0, len(w.record)-recordHeader) }

// gather takes room as bytes come, not as they are announced: who announces many
// and sends none must not cost memory.
func (w *writer) gather(p []byte) {
	if w.record == nil {
		w.record = make([]byte, recordHeader, recordHeader+len(p))
	}
	w.record = append(w.record, p...)
}

// spill goes over to the other store.
func (w *writer) spill(p []byte) (int, error) {
	large, err := w.store.Large.Create(w.ctx, -1)
	if err != nil {
		return 0, err
	}
	w.large = large
	if w.length() > 0 {
		if _, err := large.Write(w.record[recordHeader:]); err != nil {
			return 0, err
		}
	}
	w.record = nil
	return large.Write(p)
}

func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if err := errors.Join(w.err, ctx.Err()); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	w.err = errEnded
	if w.large != nil {
		return w.large.Commit(ctx)
	}
	w.gather(nil)
	return w.store.commit(w.record)
}

func (w *writer) Abort() error {
	w.record, w.err = nil, errEnded
	if w.large != nil {
		return w.large.Abort()
	}
	return nil
}
