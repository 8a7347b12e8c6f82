package s3

import (
	"context"
	"errors"

	"ossd/engine/blob"
)

var errEnded = errors.New("blob/s3: writer has ended")

// writer is a blob.Writer. It is used by one goroutine at a time.
type writer struct {
	store *Store
	name  string
	ctx   context.Context // of what is sent before Commit
	framer
	part  *partBuffer // that b lies in; nil while the blob is small
	sends *sends      // nil until a part is sent
	long  bool        // says the hint: it begins with a part buffer
	ended bool
	err   error // the first failed Write; the blob cannot be committed any more
}

func newWriter(ctx context.Context, s *Store, ref blob.Ref, sizeHint int64) *writer {
	w := &writer{store: s, ctx: ctx, framer: framer{ref: ref}}
	w.name, _ = s.name(ref)
	if w.long = framesOf(sizeHint) > smallFrames; sizeHint >= 0 && !w.long {
		w.b = make([]byte, 0, storedSize(sizeHint))
	}
	return w
}

func (w *writer) Write(p []byte) (total int, err error) {
	if w.ended {
		return 0, errEnded
	}
	if w.err != nil {
		return 0, w.err
	}
	for total < len(p) {
		if w.n == frame {
			w.framer.end(false)
		}
		if w.n == 0 {
			if w.err = w.room(); w.err != nil {
				return total, w.err
			}
		}
		total += w.add(p[total:])
	}
	return total, nil
}

// room makes room for a frame.
func (w *writer) room() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	full := len(w.b) == len(partBuffer{})
	if w.part == nil && !w.long && len(w.b) < smallFrames*storedFrame || w.part != nil && !full {
		return nil
	}
	if w.sends == nil {
		w.sends = newSends(w)
	}
	if full {
		if err := w.send(w.ctx); err != nil {
			return err
		}
	}
	next, err := w.sends.buffer(w.ctx)
	if err != nil {
		return err
	}
	w.b, w.part = append(next[:0], w.b...), next
	return nil
}

// send sends the buffer as a part, and leaves the writer without one.
func (w *writer) send(ctx context.Context) error {
	b, part := w.b, w.part
	w.b, w.part = nil, nil
	return w.sends.part(ctx, b, part)
}

func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if w.ended {
		return "", errEnded
	}
	if err := w.commit(ctx); err != nil {
		return "", errors.Join(err, w.Abort())
	}
	w.release()
	return w.ref, nil
}

func (w *writer) commit(ctx context.Context) error {
	if err := errors.Join(ctx.Err(), w.err); err != nil {
		return err
	}
	w.framer.end(true)
	if w.sends == nil || !w.sends.begun() {
		return w.store.put(ctx, w.name, w.b)
	}
	if err := w.send(ctx); err != nil {
		return err
	}
	return w.sends.complete(ctx)
}

// Abort drops what was sent. What that fails for, Walk aborts one day.
func (w *writer) Abort() error {
	if w.ended {
		return nil
	}
	var err error
	if w.sends != nil {
		err = w.sends.abort()
	}
	w.release()
	return err
}

func (w *writer) release() {
	w.ended = true
	if w.sends != nil {
		w.sends.cancel()
	}
	w.store.buffers.give(w.part)
	w.b, w.part, w.sends = nil, nil, nil
	w.store.end(w.ref)
}
