// Package metatest is the suite that every meta.Store passes, and a wrapper
// that makes one fail. It knows only the interface: what an engine does beyond
// it, the engine tests itself.
package metatest

import (
	"errors"
	"slices"
	"testing"

	"ossd/engine/meta"
)

// Run runs the suite. open returns an empty store each time; Run closes it.
func Run(t *testing.T, open func(t testing.TB) meta.Store) {
	for _, c := range slices.Concat(rowCases, txCases, lockCases, listCases, closeCases) {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			c.run(t, s)
			if err := s.Close(); err != nil && !errors.Is(err, meta.ErrClosed) {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.Run("SameAsModel", func(t *testing.T) {
		RunSame(t, open, func(testing.TB) meta.Store { return newModel() })
	})
}

type testCase struct {
	name string
	run  func(t *testing.T, s meta.Store)
}

// everything is a lock that covers all rows.
var everything = []meta.Lock{meta.Exclusive("")}

// update runs fn under a lock of everything and fails the test on an error.
func update(t testing.TB, s meta.Store, fn func(tx meta.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), everything, fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// fill puts rows given as key, value, key, value, …
func fill(t testing.TB, s meta.Store, pairs ...string) {
	t.Helper()
	update(t, s, func(tx meta.Tx) error {
		for pair := range slices.Chunk(pairs, 2) {
			if err := tx.Put([]byte(pair[0]), []byte(pair[1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// view runs fn and fails the test on an error.
func view(t testing.TB, s meta.Store, fn func(snap meta.Snapshot) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// rows scans lo ≤ key < hi into key, value, key, value, …
func rows(snap meta.Snapshot, lo, hi []byte) ([]string, error) {
	var got []string
	for row, err := range snap.Scan(lo, hi) {
		if err != nil {
			return nil, err
		}
		got = append(got, string(row.Key), string(row.Value))
	}
	return got, nil
}

// wantRows compares all rows of the store.
func wantRows(t testing.TB, s meta.Store, want ...string) {
	t.Helper()
	view(t, s, func(snap meta.Snapshot) error {
		wantScan(t, snap, nil, nil, want...)
		return nil
	})
}

func wantScan(t testing.TB, snap meta.Snapshot, lo, hi []byte, want ...string) {
	t.Helper()
	got, err := rows(snap, lo, hi)
	if err != nil {
		t.Errorf("Scan(%q, %q): %v", lo, hi, err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Scan(%q, %q) = %q, want %q", lo, hi, got, want)
	}
}

func wantGet(t testing.TB, snap meta.Snapshot, key, want string) {
	t.Helper()
	if got, err := snap.Get([]byte(key)); err != nil || string(got) != want {
		t.Errorf("Get(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func wantNone(t testing.TB, snap meta.Snapshot, key string) {
	t.Helper()
	if got, err := snap.Get([]byte(key)); !errors.Is(err, meta.ErrNotFound) {
		t.Errorf("Get(%q) = %q, %v; want ErrNotFound", key, got, err)
	}
}
