// Package gate lets a store close while calls are under way. It counts them
// and knows nothing of what they do.
package gate

import (
	"sync"
	"sync/atomic"
)

// Gate admits calls until it is closed.
type Gate struct {
	inside atomic.Int64
	closed atomic.Bool
	idle   chan struct{}
	once   sync.Once
}

// New returns an open gate.
func New() *Gate {
	g := &Gate{idle: make(chan struct{})}
	g.inside.Store(1) // the gate's own, given back by Close
	return g
}

// Enter admits a call, which must Leave, unless the gate is closed.
func (g *Gate) Enter() bool {
	g.inside.Add(1)
	if g.closed.Load() {
		g.Leave()
		return false
	}
	return true
}

// Leave ends an admitted call.
func (g *Gate) Leave() {
	if g.inside.Add(-1) == 0 {
		g.once.Do(func() { close(g.idle) })
	}
}

// Close admits nobody any more and waits for those inside. It reports whether
// it was the first to close the gate; the others wait as well.
func (g *Gate) Close() bool {
	first := !g.closed.Swap(true)
	if first {
		g.Leave()
	}
	<-g.idle
	return first
}
