package durable

import (
	"fmt"
	"os"
	"sync"

	"ossd/internal/disk"
)

// Group lets callers who ask for the same sync at about the same time share
// it. There is no timer: the first caller syncs at once, and those who arrive
// meanwhile share the next round, which starts after the last of them asked.
type Group struct {
	sync func() error

	running chan struct{} // holds a token during a round

	mu   sync.Mutex
	next *round // gathers callers until it starts; nil if nobody waits
	err  error  // of the first round that failed
}

type round struct {
	done chan struct{}
	err  error // valid once done is closed
}

// NewGroup returns a Group whose rounds call sync, never twice at a time.
func NewGroup(sync func() error) *Group {
	return &Group{sync: sync, running: make(chan struct{}, 1)}
}

// Sync returns after a round that started after the call.
//
// A failure is final: every later Sync returns it too. The pages that the
// kernel dropped may hold changes of callers who have not asked yet.
func (g *Group) Sync() error {
	g.mu.Lock()
	r := g.next
	if r != nil {
		g.mu.Unlock()
		<-r.done
		return r.err
	}
	r = &round{done: make(chan struct{})}
	g.next = r
	g.mu.Unlock()

	// This caller leads the round: it waits for the one before, closes the
	// door behind those who came meanwhile, and works for all of them.
	g.running <- struct{}{}
	g.mu.Lock()
	g.next = nil
	r.err = g.err
	g.mu.Unlock()

	if r.err == nil {
		if r.err = g.sync(); r.err != nil {
			g.mu.Lock()
			g.err = r.err
			g.mu.Unlock()
		}
	}
	<-g.running
	close(r.done)
	return r.err
}

// Dir is an open directory whose syncs are shared.
type Dir struct {
	*Group
	f disk.File
}

// OpenDir opens a directory. It stays open until Close, because the kernel
// reports a failed write of the directory to those who had it open then.
func (on On) OpenDir(path string) (*Dir, error) {
	f, err := on.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return &Dir{Group: NewGroup(f.Sync), f: f}, nil
}

// Close closes the directory. No Sync may be under way.
func (d *Dir) Close() error { return d.f.Close() }
