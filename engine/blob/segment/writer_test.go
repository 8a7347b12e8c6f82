package segment

import (
	"errors"
	"runtime"
	"testing"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/memory"
)

// A blob that did not get over to the other store whole must not be committed
// there, whatever that store knows of the failure.
func TestFailedSpill(t *testing.T) {
	broken := errors.New("the other store is broken")
	for _, c := range []struct {
		name   string
		method blobtest.Method
		call   int // of the method, from 1 on
		after  bool
	}{
		{"create", blobtest.Create, 1, false}, {"create, after", blobtest.Create, 1, true},
		{"what was gathered", blobtest.Write, 1, false}, {"what was gathered, after", blobtest.Write, 1, true},
		{"what came next", blobtest.Write, 2, false}, {"what came next, after", blobtest.Write, 2, true},
		{"more", blobtest.Write, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			large := memory.New()
			s := open(t, Config{Limit: 10, Large: blobtest.Faulty(large, func(m blobtest.Method) (before, after error) {
				if m != c.method {
					return nil, nil
				}
				if calls++; calls != c.call {
					return nil, nil
				}
				if c.after {
					return nil, broken
				}
				return broken, nil
			})})
			w, err := s.Create(t.Context(), -1)
			if err != nil {
				t.Fatal(err)
			}
			failed := false
			for _, piece := range []string{"gathered", "what comes next", "more"} {
				if _, err := w.Write([]byte(piece)); failed && err == nil {
					t.Error("a writer went on after a failed Write")
				} else if err != nil {
					failed = true
				}
			}
			if !failed {
				t.Fatal("nothing failed")
			}
			if ref, err := w.Commit(t.Context()); !errors.Is(err, broken) {
				t.Errorf("Commit of a blob that lacks bytes: %q, %v", ref, err)
			}
			for _, ref := range walk(t, s) {
				t.Errorf("%s is left", ref)
			}
		})
	}
}

// Memory is for bytes that came, not for those that were announced.
func TestAnnouncedBytesTakeNoMemory(t *testing.T) {
	s := open(t, Config{})
	const announced = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var all []blob.Writer
	for range announced {
		w, err := s.Create(t.Context(), MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / announced; each > 1000 {
		t.Errorf("a writer that was given a byte takes %d", each)
	}
	for _, w := range all {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}
}
