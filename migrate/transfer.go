package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/objectstore"
)

const bufferSize = 256 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// transfer copies the bytes of a blob. What failed in reading the source is failed,
// and everything else err.
func (m *mover) transfer(ctx context.Context, ref blob.Ref) (size int64, failed, err error) {
	hint, failed := blob.Inspect(m.From.Blobs).Size(ctx, ref)
	if failed != nil {
		return 0, failed, ctx.Err()
	}
	r, failed := m.From.Blobs.Open(ctx, ref, 0, -1)
	if failed != nil {
		return 0, failed, ctx.Err()
	}
	defer r.Close()
	w, err := m.into.Import(ctx, ref, hint)
	if err != nil {
		return 0, nil, err
	}
	defer w.Abort()
	size, failed, err = m.pump(ctx, w, r)
	if failed == nil && err == nil && size != hint {
		failed = fmt.Errorf("%w: there are %d bytes of %d", io.ErrUnexpectedEOF, size, hint)
	}
	if failed != nil || err != nil {
		return size, failed, err
	}
	_, err = w.Commit(ctx)
	return size, nil, err
}

// pump is io.Copy that tells which side failed.
func (m *mover) pump(ctx context.Context, w io.Writer, r io.Reader) (size int64, failed, err error) {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		n, failed := r.Read(buf[:])
		if _, err := w.Write(buf[:n]); err != nil {
			return size, nil, err
		}
		size += int64(n)
		if err := m.wait(ctx, n); err != nil {
			return size, nil, err
		}
		m.seen.add(m, 0, int64(n))
		if failed == io.EOF {
			return size, nil, nil
		}
		if failed != nil {
			return size, failed, ctx.Err()
		}
	}
}

// wait keeps all workers together to the rate.
func (m *mover) wait(ctx context.Context, n int) error {
	m.flow.Lock()
	defer m.flow.Unlock()
	return m.limit.Wait(ctx, n)
}

func lengthError(ref blob.Ref, has, want int64) error {
	return fmt.Errorf("blob %s has %d bytes there, and %d here", ref, has, want)
}

// explain tells why a blob of the source could not be read. While blobs are held,
// one whose row is there must be there, too, or wait to be freed.
func (m *mover) explain(ctx context.Context, ref objectstore.Reference, failed error) (o outcome, err error) {
	if m.From.Hold != nil {
		defer m.From.Hold()()
	}
	o = unreadable
	err = m.From.Rows.View(ctx, func(rows meta.Snapshot) error {
		if named, err := hasReference(rows, ref.Ref); err != nil || !named {
			o = gone
			return err
		}
		waits, err := objectstore.Discarded(rows, ref.Ref)
		if waits {
			o = discarded
		}
		return err
	})
	if err != nil || o != unreadable {
		return o, err
	}
	return o, m.damaged.add(m, ref, failed)
}

// ErrDamaged tells that blobs of the source cannot be read: Config.Found was told which.
var ErrDamaged = errors.New("contents of the source are missing or damaged")

// maxDamaged ends a run: so many are no longer damage of single blobs.
const maxDamaged = 1000

// damaged are the blobs of the source that could not be read.
type damaged struct {
	mu   sync.Mutex
	refs map[blob.Ref]bool
}

// add reports a blob once.
func (d *damaged) add(m *mover, ref objectstore.Reference, failed error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refs[ref.Ref] {
		return nil
	}
	if d.refs == nil {
		d.refs = map[blob.Ref]bool{}
	}
	d.refs[ref.Ref] = true
	if m.Found != nil {
		f := ref.Finding(failed)
		f.File = blob.Inspect(m.From.Blobs).Where(ref.Ref)
		m.Found(f)
	}
	if len(d.refs) > maxDamaged {
		return fmt.Errorf("%w: more than %d", ErrDamaged, maxDamaged)
	}
	return nil
}

func (d *damaged) has(ref blob.Ref) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refs[ref]
}

func (d *damaged) count() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(d.refs))
}
