package metatest

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"ossd/engine/meta"
)

var closeCases = []testCase{
	{"Closed", testClosed},
	{"CloseWhileBusy", testCloseWhileBusy},
}

func nothing(meta.Tx) error { return nil }

func testClosed(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for name, err := range map[string]error{
		"View":   s.View(t.Context(), func(meta.Snapshot) error { return nil }),
		"Update": s.Update(t.Context(), nil, nothing),
		"Close":  s.Close(),
	} {
		if !errors.Is(err, meta.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", name, err)
		}
	}
}

// Close in the middle of traffic must neither hang nor break a call.
func testCloseWhileBusy(t *testing.T, s meta.Store) {
	var wg, started sync.WaitGroup
	started.Add(8)
	for worker := range 8 {
		wg.Go(func() {
			key := strconv.Itoa(worker)
			for round := 0; ; round++ {
				err := s.Update(context.Background(), []meta.Lock{meta.Exclusive(key)}, increment(key))
				if err == nil {
					err = s.View(context.Background(), func(snap meta.Snapshot) error {
						_, err := rows(snap, nil, nil)
						return err
					})
				}
				if round == 0 {
					started.Done()
				}
				if errors.Is(err, meta.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("while closing: %v", err)
					return
				}
			}
		})
	}
	started.Wait()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
}

// RunReopen tests an engine whose rows outlive it: open opens the store in a
// directory, which is empty at first.
func RunReopen(t *testing.T, open func(t testing.TB, dir string) meta.Store) {
	dir := filepath.Join(t.TempDir(), "new", "store")
	for round := range 4 {
		s := open(t, dir)
		if round > 0 {
			wantRows(t, s, "kept", strconv.Itoa(round), "odd", "new")
		}
		update(t, s, increment("kept"))
		fill(t, s, "gone", "x", "odd", "old")
		update(t, s, func(tx meta.Tx) error {
			return errors.Join(tx.Delete([]byte("gone")), tx.Put([]byte("odd"), []byte("new")))
		})
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
}
