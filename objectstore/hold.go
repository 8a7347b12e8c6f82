package objectstore

import (
	"errors"
	"sync"
	"sync/atomic"
)

// holds keep the sweeper from freeing blobs.
type holds struct {
	sweeping sync.RWMutex // exclusively by a pass of the sweeper, shared by those who hold
	wanted   atomic.Int64 // holds that there are or that wait for the pass to stop
}

// errHeld ends a pass of the sweeper early.
var errHeld = errors.New("objectstore: blobs are held")

// Hold keeps every blob that a row names, now or later, from being freed until
// release is called, which must happen once. A pass of the sweeper that is under
// way stops after the batch that it is at; passes while blobs are held do nothing.
func (s *Store) Hold() (release func()) {
	s.holds.wanted.Add(1)
	s.holds.sweeping.RLock()
	return func() {
		s.holds.wanted.Add(-1)
		s.holds.sweeping.RUnlock()
	}
}

// held tells a pass of the sweeper to stop.
func (h *holds) held() bool { return h.wanted.Load() > 0 }
