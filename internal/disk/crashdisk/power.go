package crashdisk

import (
	"sync"
	"sync/atomic"
)

// Power feeds disks, which lose it at the same moment. It counts their changes.
// One may also feed what is no Disk, if that calls Use around each of its changes.
type Power struct {
	// Cut, if set, is called before each change, by its number from 1 on. No disk
	// changes during the call, so that what it copies of several belongs together.
	// It must not change a disk of this power.
	Cut func(n int64)

	mu      sync.RWMutex // held for reading during changes
	changes atomic.Int64
}

// Use makes a change.
func (p *Power) Use(change func()) {
	n := p.changes.Add(1)
	if p.Cut != nil {
		p.mu.Lock()
		p.Cut(n)
		p.mu.Unlock()
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	change()
}

// Changes is how many there have been.
func (p *Power) Changes() int64 { return p.changes.Load() }
