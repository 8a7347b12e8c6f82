package objectstore

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"ossd/engine/blob"
	"ossd/internal/crc64"
)

// Incoming is content on its way in.
type Incoming struct {
	Body io.Reader
	Size int64 // bytes that Body must yield, or -1 if the end of Body decides

	MD5   []byte  // what the content must hash to, or nil
	CRC64 *uint64 // likewise

	// Confirm, if set, is asked between the last byte of Body and the write of
	// the rows: much may have changed while the body came in. Its error is
	// returned, and nothing is stored.
	Confirm func() error
}

// written is a blob that is durable and that no row names yet.
type written struct {
	ref  blob.Ref
	size int64
	sum  []byte // MD5
	crc  uint64

	since time.Time // when it was about to become durable, by the clock on the wall
}

// maxRowDelay is how long after a blob was written its row may still be written. What is older by far,
// another process may take for an orphan: a machine may have slept in between, which
// deadlines do not notice.
const maxRowDelay = time.Hour

// inTime refuses the row of a blob that comes too late. It is asked in the transaction.
func (s *Store) inTime(since time.Time) error {
	if late := s.Now().Round(0).Sub(since); !since.IsZero() && late > maxRowDelay {
		return fmt.Errorf("objectstore: a write was held up for %s: %w", late, blob.ErrUnavailable)
	}
	return nil
}

// write makes the content durable, and asks for confirmation. The bytes go into
// also, too, if that is not nil. Errors name the bucket and key.
func (s *Store) write(ctx context.Context, in Incoming, bucket, key string, also hash.Hash) (written, error) {
	w := &writer{Incoming: in, bucket: bucket, key: key}
	if in.Size > MaxObjectSize {
		return written{}, w.refuse(EntityTooLarge, nil)
	}
	to, err := s.Blobs.Create(ctx, in.Size)
	if err != nil {
		return written{}, w.engine(err)
	}
	defer to.Abort()
	out, err := w.stream(to, also)
	if err != nil {
		return written{}, err
	}
	out.since = s.Now().Round(0) // without the clock that stops when the machine sleeps
	if out.ref, err = to.Commit(ctx); err != nil {
		return written{}, w.engine(err)
	}
	if in.Confirm == nil {
		return out, nil
	}
	if err := in.Confirm(); err != nil {
		return written{}, errors.Join(err, s.Blobs.Delete(context.WithoutCancel(ctx), out.ref))
	}
	return out, nil
}

// withdraw deletes what was written, if cause is a refusal: then no row names
// it. After any other error a row may have been written all the same, so the
// blob must stay; if it is an orphan, Sweep finds it.
func (s *Store) withdraw(ctx context.Context, w written, cause error) error {
	var rule *Error
	if w.ref == "" || !errors.As(cause, &rule) {
		return cause
	}
	return errors.Join(cause, s.Blobs.Delete(context.WithoutCancel(ctx), w.ref))
}

// writer copies a body into a blob.
type writer struct {
	Incoming
	bucket, key string
}

func (w *writer) refuse(k Kind, cause error) error {
	return &Error{Kind: k, Bucket: w.bucket, Key: w.key, Err: cause}
}

// engine gives an engine's error the kind that a client can act on.
func (w *writer) engine(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return w.refuse(StoreFull, err)
	}
	return err
}

// stream copies the body and checks it against what was announced. What takes
// longest is MD5: it is computed beside the reading and the writing.
func (w *writer) stream(to io.Writer, also hash.Hash) (out written, err error) {
	digest := digester{sums: sums{md5: md5.New(), also: also}}
	defer digest.release()
	for {
		buf := digest.buffer()
		n, rerr := w.fill(buf, out.size)
		chunk := buf[:n]
		if out.size += int64(n); out.size > MaxObjectSize {
			return out, w.refuse(EntityTooLarge, nil)
		}
		if n > 0 {
			digest.add(chunk)
			out.crc = crc64.Update(out.crc, chunk)
			if _, err := to.Write(chunk); err != nil {
				return out, w.engine(err)
			}
		}
		if rerr == io.EOF {
			break
		}
		if rerr != nil {
			return out, w.refuse(IncompleteBody, rerr)
		}
	}
	out.sum = digest.sum()
	return out, w.compare(out)
}

// fill reads until buf is full, or the body ends, which it tells at once, or the
// announced size is reached: what lies behind that is not read.
func (w *writer) fill(buf []byte, done int64) (int, error) {
	if w.Size >= 0 {
		buf = buf[:min(int64(len(buf)), w.Size-done)]
	}
	// Not io.ReadFull: it reports a clean end with the same error that a body
	// reports when its connection broke.
	n := 0
	for n < len(buf) {
		m, err := w.Body.Read(buf[n:])
		if n += m; err != nil {
			return n, err
		}
	}
	if done+int64(n) == w.Size {
		return n, io.EOF
	}
	return n, nil
}

func (w *writer) compare(out written) error {
	switch {
	case w.Size >= 0 && out.size != w.Size:
		return w.refuse(IncompleteBody, nil)
	case w.MD5 != nil && !bytes.Equal(w.MD5, out.sum):
		return w.refuse(InvalidDigest, nil)
	case w.CRC64 != nil && *w.CRC64 != out.crc:
		return w.refuse(InvalidCRC64, nil)
	}
	return nil
}
