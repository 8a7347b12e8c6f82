package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"ossd/engine/blob"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
)

// Whatever a store holds arrives, in one run or after several beside which it changed.
func TestMoves(t *testing.T) {
	for seed, online := range map[uint64]int{1: 0, 2: 1, 3: 3} {
		t.Run(fmt.Sprintf("%d online", online), func(t *testing.T) {
			w, to := newWorld(t, seed).some(150), emptyDestination()
			for range online {
				r, err := w.move(to, nil)
				if err != nil || r.Ended {
					t.Fatalf("%+v, %v", r, err)
				}
				if err := UnderWay(t.Context(), to.Rows); !errors.Is(err, ErrUnderWay) {
					t.Errorf("between runs: %v", err)
				}
				w.some(100)
			}
			before, switched := rowsOf(t, w.Rows), false
			r, err := w.move(to, func(c *Config) {
				c.Final, c.Verify = true, VerifyFull
				c.Switch = func() error {
					switched = true
					if err := UnderWay(t.Context(), to.Rows); !errors.Is(err, ErrUnderWay) {
						t.Errorf("the mark is gone before the source is out of use: %v", err)
					}
					return nil
				}
			})
			if err != nil || !r.Ended || !switched {
				t.Fatalf("%+v, %v; switched %v", r, err, switched)
			}
			if online > 0 && r.Last.Blobs >= int64(len(referencesOf(before))) {
				t.Errorf("the final pass copied %d blobs, all of %d", r.Last.Blobs, len(referencesOf(before)))
			}
			if r.Rows != int64(len(before)) {
				t.Errorf("%d rows are said to have moved, want %d", r.Rows, len(before))
			}
			if err := UnderWay(t.Context(), to.Rows); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			w.wantMoved(to)
			if !maps.Equal(before, rowsOf(t, w.Rows)) {
				t.Error("the source was changed")
			}
		})
	}
}

// Where somebody else's rows or blobs are, nothing is touched.
func TestRefusedDestinations(t *testing.T) {
	w := newWorld(t, 1).some(20)
	put := func(rows meta.Store, key, value string) {
		t.Helper()
		w.must(rows.Update(t.Context(), everything, func(tx meta.Tx) error { return tx.Put([]byte(key), []byte(value)) }))
	}
	for name, prepare := range map[string]func(Destination){
		"a store in use":   func(to Destination) { put(to.Rows, "Bother\x00", "row") },
		"behind the mark":  func(to Destination) { put(to.Rows, "Z", "row") },
		"another's mark":   func(to Destination) { put(to.Rows, "M", `{"from":"another","begun":"2026-01-02T03:04:05Z"}`) },
		"blobs of another": func(to Destination) { w.must(copyInto(t, to.Blobs, "other")) },
	} {
		t.Run(name, func(t *testing.T) {
			to := emptyDestination()
			prepare(to)
			rows, blobs := rowsOf(t, to.Rows), len(blobsOf(t, to.Blobs))
			_, err := w.move(to, final)
			if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "choose another") {
				t.Errorf("got %v", err)
			}
			if !maps.Equal(rows, rowsOf(t, to.Rows)) || len(blobsOf(t, to.Blobs)) != blobs {
				t.Error("the destination was changed")
			}
		})
	}
	t.Run("an unreadable mark", func(t *testing.T) {
		to := emptyDestination()
		put(to.Rows, "M", "?")
		if _, err := w.move(to, final); err == nil {
			t.Error("moved")
		}
		if err := UnderWay(t.Context(), to.Rows); err == nil {
			t.Error("rows with an unreadable mark may be served")
		}
	})
	t.Run("no importer", func(t *testing.T) {
		to := emptyDestination()
		to.Blobs = struct{ blob.Store }{to.Blobs}
		if _, err := w.move(to, final); err == nil || len(rowsOf(t, to.Rows)) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

func copyInto(t *testing.T, s blob.Store, content string) error {
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(content)); err != nil {
		return err
	}
	_, err = w.Commit(t.Context())
	return err
}

// A destination that is full is told, and goes on when it no longer is.
func TestFullDestination(t *testing.T) {
	w := newWorld(t, 1).some(60)
	to := emptyDestination()
	small := blobmemory.Open(blobmemory.Config{MaxBytes: 100_000})
	full := Destination{Rows: to.Rows, Blobs: small}
	if _, err := w.move(full, final); !errors.Is(err, blob.ErrFull) || !strings.Contains(err.Error(), "destination") {
		t.Fatalf("got %v", err)
	}
	// What had arrived there has not arrived in the larger one: verifying must find that.
	r, err := w.move(to, func(c *Config) { c.Final, c.Verify = true, VerifyLengths })
	if err != nil {
		t.Fatal(err)
	}
	if small := len(referencesOf(rowsOf(t, full.Rows))); small == 0 {
		t.Error("nothing had arrived")
	}
	w.wantMoved(to)
	t.Logf("%+v", r)
}

// Somebody who writes to the source although the run is final is noticed.
func TestFinalBesideWriter(t *testing.T) {
	w, to := newWorld(t, 1).some(60), emptyDestination()
	once := sync.OnceFunc(func() { w.some(20) })
	_, err := w.move(to, func(c *Config) {
		c.Final, c.Switch = true, func() error { t.Error("switched over"); return nil }
		c.Progress = func(p Progress) {
			if p.Stage == Comparing {
				once()
			}
		}
	})
	if !errors.Is(err, errDiffers) {
		t.Errorf("got %v", err)
	}
}

// Who cannot put the source out of use does not open the destination; the next run does.
func TestSwitchFails(t *testing.T) {
	w, to := newWorld(t, 1).some(60), emptyDestination()
	readOnly := errors.New("read-only file system")
	if r, err := w.move(to, func(c *Config) { c.Final, c.Switch = true, func() error { return readOnly } }); !errors.Is(err, readOnly) || r.Ended {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := UnderWay(t.Context(), to.Rows); !errors.Is(err, ErrUnderWay) {
		t.Errorf("the destination may be served: %v", err)
	}
	if r, err := w.move(to, final); err != nil || !r.Ended || r.Last.Blobs != 0 || r.Last.Written != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	w.wantMoved(to)
}

// A run that its caller ends says so.
func TestEndedContext(t *testing.T) {
	w, to := newWorld(t, 1).some(60), emptyDestination()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Run(ctx, Config{From: w.source(), To: to, Final: true, Progress: func(p Progress) {
		if p.Done > 10 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := int64(len(referencesOf(rowsOf(t, to.Rows)))); n == 0 || n < r.Sum.Blobs {
		t.Errorf("%d blobs were copied, %d references say so", r.Sum.Blobs, n)
	}
	if _, err := w.move(to, final); err != nil {
		t.Fatal(err)
	}
	w.wantMoved(to)
}
