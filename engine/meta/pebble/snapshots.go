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
	db   *pebble.DB
	rows *cache

	mu         sync.Mutex
	committing bool      // a commit is becoming visible
	current    *snapshot // nil after a commit
	unused     []*snapshot
}

// snapshot is shared by uses Views. Its count is guarded by snapshots.mu.
type snapshot struct {
	*pebble.Snapshot
	uses int

	rows  *cache // nil: whether it has the commit of that moment is not known, so its rows are not cached
	epoch uint64
}

// Get returns the value of a row, which the caller owns, or pebble.ErrNotFound.
func (s *snapshot) Get(key []byte) ([]byte, error) {
	if s.rows == nil {
		return get(s.Snapshot, key)
	}
	if value, ok := s.rows.get(s.epoch, key); ok {
		return value, nil
	}
	value, err := get(s.Snapshot, key)
	if err == nil {
		s.rows.put(s.epoch, key, value)
	}
	return value, err
}

// acquire returns a snapshot that has every commit that has ended.
func (s *snapshots) acquire() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		s.current = &snapshot{Snapshot: s.db.NewSnapshot()}
		if !s.committing {
			s.current.rows, s.current.epoch = s.rows, s.rows.epoch.Load()
		}
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

// begin comes before a commit becomes visible, end after it and before its
// Update returns. Only one commit at a time is between them.
func (s *snapshots) begin(batch *pebble.Batch) error {
	s.mu.Lock()
	s.committing = true
	s.mu.Unlock()
	return s.rows.advance(batch)
}

// end drops the snapshot that lacks the commit.
func (s *snapshots) end() {
	s.mu.Lock()
	old := s.current
	s.current, s.committing = nil, false
	if old != nil && old.uses == 0 {
		s.unused = append(s.unused, old)
	}
	s.mu.Unlock()
}

// tidy closes snapshots that commits have dropped, which nobody has to wait for.
func (s *snapshots) tidy() {
	s.mu.Lock()
	unused := s.unused
	s.unused = nil
	s.mu.Unlock()
	for _, snap := range unused {
		snap.Close()
	}
}
