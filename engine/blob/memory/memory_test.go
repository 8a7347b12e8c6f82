package memory_test

import (
	"errors"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/memory"
)

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(testing.TB) blob.Store { return memory.New() })
}

func TestFull(t *testing.T) {
	s := memory.Open(memory.Config{MaxBytes: 10})
	if _, err := s.Create(t.Context(), 11); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Create beyond the limit: %v", err)
	}
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Write beyond the limit: %v", err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Commit after a refused Write: %v", err)
	}
	if w, err = s.Create(t.Context(), 10); err != nil { // all was given back
		t.Errorf("Create: %v", err)
	}
	w.Abort()
}

func TestWalkAsksTheClock(t *testing.T) {
	now := time.Unix(1000, 0)
	s := memory.Open(memory.Config{Now: func() time.Time { return now }})
	w, _ := s.Create(t.Context(), 0)
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		olderThan time.Time
		want      int
	}{{now, 0}, {now.Add(1), 1}} {
		found := 0
		if err := s.Walk(t.Context(), c.olderThan, func(blob.Ref, int64) error { found++; return nil }); err != nil {
			t.Fatal(err)
		}
		if found != c.want {
			t.Errorf("older than %v: found %d, want %d", c.olderThan, found, c.want)
		}
	}
}

// The faulty wrapper is tested here, where there is a store to wrap.
func TestFaulty(t *testing.T) {
	lost := errors.New("lost")
	for _, m := range []blobtest.Method{blobtest.Create, blobtest.Write, blobtest.Commit, blobtest.Open, blobtest.Delete} {
		for _, after := range []bool{false, true} {
			inner := memory.New()
			s := blobtest.Faulty(inner, func(called blobtest.Method) (error, error) {
				switch {
				case called != m:
					return nil, nil
				case after:
					return nil, lost
				default:
					return lost, nil
				}
			})
			if err := life(t, s); err != lost {
				t.Errorf("%s (after %v): %v, want %v", m, after, err, lost)
			}
			// What a failure leaves: a commit after its effect, a delete or
			// open before its own.
			want := 0
			if m == blobtest.Commit && after || m == blobtest.Delete && !after || m == blobtest.Open {
				want = 1
			}
			found := 0
			if err := inner.Walk(t.Context(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { found++; return nil }); err != nil {
				t.Fatal(err)
			}
			if found != want {
				t.Errorf("%s (after %v) leaves %d blobs, want %d", m, after, found, want)
			}
		}
	}
}

// life writes, reads and deletes a blob until something fails.
func life(t *testing.T, s blob.Store) error {
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write([]byte("x")); err != nil {
		return err
	}
	ref, err := w.Commit(t.Context())
	if err != nil {
		return err
	}
	r, err := s.Open(t.Context(), ref, 0, -1)
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return s.Delete(t.Context(), ref)
}
