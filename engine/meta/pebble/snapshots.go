package pebble

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// snapshots lets Views between two commits share one snapshot. Making one is
// cheap, but closing one lets Pebble look for work: a third of a View's time.
//
// A current snapshot that nobody uses costs nothing either, since it is as new
// as the rows; the next commit drops it.
type snapshots struct {
	db *pebble.DB

	mu      sync.Mutex
	current *snapshot // nil after a commit
}

// snapshot is shared by uses Views. Its count is guarded by snapshots.mu.
type snapshot struct {
	*pebble.Snapshot
	uses int
}

// acquire returns a snapshot that has every commit that was followed by drop.
func (s *snapshots) acquire() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		s.current = &snapshot{Snapshot: s.db.NewSnapshot()}
	}
	s.current.uses++
	return s.current
}

// release gives back what acquire returned.
func (s *snapshots) release(snap *snapshot) {
	s.mu.Lock()
	snap.uses--
	last := snap.uses == 0 && snap != s.current
	s.mu.Unlock()
	if last {
		snap.Close()
	}
}

// drop must follow each commit that became visible, before its Update returns.
func (s *snapshots) drop() {
	s.mu.Lock()
	old := s.current
	s.current = nil
	unused := old != nil && old.uses == 0
	s.mu.Unlock()
	if unused {
		old.Close()
	}
}
