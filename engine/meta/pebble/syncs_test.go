package pebble

import (
	"testing"
	"time"

	"ossd/engine/meta"
)

// Commits are counted by the syncs that they wait for, reads not at all.
func TestSyncs(t *testing.T) {
	s := openDir(t, t.TempDir()).(*Store)
	defer s.Close()
	const puts = 5 // one after the other: nobody shares
	for n := range puts {
		if err := putPair(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 { // the last sync is counted a moment later
		if s.Syncs() >= puts {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		_, err := snap.Get([]byte("a0"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := s.Syncs(); n != puts {
		t.Errorf("%d commits and a read took %d syncs", puts, n)
	}
}
