package pebble

import (
	"testing"

	"ossd/engine/meta"
)

// Commits are counted by the syncs that they wait for, reads not at all.
func TestSyncs(t *testing.T) {
	s := openDir(t, t.TempDir()).(*Store)
	defer s.Close()
	before := s.Syncs()
	const puts = 5 // one after the other: nobody shares
	for n := range puts {
		if err := putPair(t, s, n); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Syncs() - before; n != puts {
		t.Errorf("%d commits took %d syncs", puts, n)
	}
	before = s.Syncs()
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		_, err := snap.Get([]byte("a0"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n := s.Syncs() - before; n != 0 {
		t.Errorf("a read took %d syncs", n)
	}
}
