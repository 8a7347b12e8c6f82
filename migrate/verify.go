package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/objectstore"
)

// Verify says what is done for certainty when all has been copied, beyond comparing
// all rows. Whatever it is, the length of each blob was asked for after it was copied.
type Verify string

const (
	VerifyRows    Verify = "rows"    // nothing more
	VerifyLengths Verify = "lengths" // the length of every blob is asked for
	VerifyFull    Verify = "full"    // every blob is read in both stores
)

// Valid tells whether there is such a way to verify; "" is VerifyRows.
func (v Verify) Valid() bool {
	return v == "" || v == VerifyRows || v == VerifyLengths || v == VerifyFull
}

// verify looks at the blobs of all references, and copies again what is not the same.
func (m *mover) verify(ctx context.Context) error {
	if m.Verify != VerifyLengths && m.Verify != VerifyFull {
		return nil
	}
	m.seen.begin(m, Verifying, m.seen.references)
	err := m.work(ctx, m.verifyOne, func(ctx context.Context, jobs chan<- change) error {
		lo := references
		for {
			p, err := m.readPage(ctx, m.From.Rows, lo, referencesEnd)
			if err != nil {
				return err
			}
			for _, row := range p.rows {
				select {
				case jobs <- change{Row: row}:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if bytes.Equal(p.end, referencesEnd) {
				return nil
			}
			lo = p.end
		}
	}, func(context.Context) error { return nil })
	if n := m.damaged.count(); err == nil && n > 0 && m.Final && !m.SkipDamaged {
		err = fmt.Errorf("%w: %d", ErrDamaged, n)
	}
	return err
}

func (m *mover) verifyOne(ctx context.Context, job change) error {
	ref := objectstore.ParseReference(job.Row)
	defer m.seen.add(m, 1, 0)
	if m.damaged.has(ref.Ref) {
		return nil
	}
	same, failed, err := m.compareBlob(ctx, ref.Ref)
	if err == nil && failed == nil && !same {
		return m.repair(ctx, ref)
	}
	if failed != nil && err == nil {
		_, err = m.explain(ctx, ref, failed)
	}
	return err
}

// repair copies a blob again that the destination has not as it should.
func (m *mover) repair(ctx context.Context, ref objectstore.Reference) error {
	known, err := m.arrived(ctx, ref.Ref)
	if err != nil || !known {
		return err // beside a store in use: the next pass will copy it
	}
	_, o, err := m.copyBlob(ctx, ref)
	if err != nil || o != copied {
		return err
	}
	m.repaired.Add(1)
	same, failed, err := m.compareBlob(ctx, ref.Ref)
	if err == nil && failed == nil && !same {
		err = destinationError(fmt.Errorf("blob %s is again not what was written there", ref.Ref))
	}
	return err
}

// arrived tells whether the destination's rows name a blob.
func (m *mover) arrived(ctx context.Context, ref blob.Ref) (known bool, err error) {
	err = m.To.Rows.View(ctx, func(rows meta.Snapshot) error {
		known, err = hasReference(rows, ref)
		return err
	})
	return known, destinationError(err)
}

func hasReference(rows meta.Snapshot, ref blob.Ref) (bool, error) {
	_, err := rows.Get(append([]byte(objectstore.ReferencePrefix), ref...))
	if errors.Is(err, meta.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// compareBlob tells whether a blob is the same in both stores. What failed in
// reading the source is failed.
func (m *mover) compareBlob(ctx context.Context, ref blob.Ref) (same bool, failed, err error) {
	want, failed := blob.Inspect(m.From.Blobs).Size(ctx, ref)
	if failed != nil {
		return false, failed, ctx.Err()
	}
	has, err := blob.Inspect(m.To.Blobs).Size(ctx, ref)
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrCorrupt):
		return false, nil, nil
	case err != nil:
		return false, nil, destinationError(err)
	case has != want || m.Verify == VerifyLengths:
		return has == want, nil, nil
	}
	here, failed := m.From.Blobs.Open(ctx, ref, 0, -1)
	if failed != nil {
		return false, failed, ctx.Err()
	}
	defer here.Close()
	there, err := m.To.Blobs.Open(ctx, ref, 0, -1)
	if err != nil {
		return false, nil, destinationError(err)
	}
	defer there.Close()
	return m.sameBytes(ctx, here, there)
}

// sameBytes reads both to the end, or to the first difference.
func (m *mover) sameBytes(ctx context.Context, here, there io.Reader) (same bool, failed, err error) {
	a, b := buffers.Get().(*[bufferSize]byte), buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(a)
	defer buffers.Put(b)
	for {
		n, failed := io.ReadFull(here, a[:])
		end := failed == io.EOF || failed == io.ErrUnexpectedEOF
		if failed != nil && !end {
			return false, failed, ctx.Err()
		}
		k, err := io.ReadFull(there, b[:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			if errors.Is(err, blob.ErrCorrupt) {
				return false, nil, nil
			}
			return false, nil, destinationError(err)
		}
		if !bytes.Equal(a[:n], b[:k]) {
			return false, nil, nil
		}
		m.seen.add(m, 0, int64(n))
		if err := m.wait(ctx, n); err != nil || end {
			return true, nil, err
		}
	}
}
