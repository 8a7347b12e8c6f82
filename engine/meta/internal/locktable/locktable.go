// Package locktable keeps named shared and exclusive locks. It compares names
// for equality and knows nothing of the rows that they stand for.
//
// Names exist only while somebody holds or wants them. Waiters are served in
// the order in which they came, so that readers cannot starve a writer.
package locktable

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"ossd/engine/meta"
)

const shards = 128

// Table is a set of locks. Its zero value is not usable; see New.
type Table struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu    sync.Mutex
	names map[string]*lock
	spare []*lock // a few unused ones, so that an uncontended lock allocates nothing
}

// lock is one name's state. Its fields are guarded by the shard's mutex.
type lock struct {
	holders   int // how many hold it
	exclusive bool
	queue     []*waiter
}

type waiter struct {
	exclusive bool
	granted   chan struct{}
}

// New returns a table in which nothing is locked.
func New() *Table {
	t := &Table{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].names = make(map[string]*lock)
	}
	return t
}

// Held is a set of locks that are held together.
type Held struct {
	table *Table
	locks []meta.Lock // sorted, names distinct
}

// Locks returns what is held, sorted by name, each name once.
func (h *Held) Locks() []meta.Lock { return h.locks }

// Acquire takes the locks in ascending order of their names, which rules out a
// deadlock between two callers. Of several locks of one name it takes one, the
// exclusive if there is any. When ctx ends first, nothing is held and ctx's
// error is returned.
func (t *Table) Acquire(ctx context.Context, locks []meta.Lock) (*Held, error) {
	h := &Held{table: t, locks: merge(locks)}
	for i, l := range h.locks {
		if err := t.shard(l.Name).acquire(ctx, l); err != nil {
			h.locks = h.locks[:i]
			h.Release()
			return nil, err
		}
	}
	return h, nil
}

// Release gives all locks back. It must be called once.
func (h *Held) Release() {
	for _, l := range slices.Backward(h.locks) {
		h.table.shard(l.Name).release(l.Name)
	}
}

// merge sorts a copy by name, exclusive first, and keeps the first of each name.
func merge(locks []meta.Lock) []meta.Lock {
	sorted := slices.Clone(locks)
	slices.SortFunc(sorted, func(a, b meta.Lock) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 || a.Exclusive == b.Exclusive {
			return c
		}
		if a.Exclusive {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(sorted, func(a, b meta.Lock) bool { return a.Name == b.Name })
}

func (t *Table) shard(name string) *shard {
	return &t.shards[maphash.String(t.seed, name)%shards]
}

func (s *shard) acquire(ctx context.Context, want meta.Lock) error {
	s.mu.Lock()
	l := s.names[want.Name]
	if l == nil {
		l = s.take()
		s.names[want.Name] = l
	}
	if len(l.queue) == 0 && l.admits(want.Exclusive) {
		l.grant(want.Exclusive)
		s.mu.Unlock()
		return nil
	}
	w := &waiter{exclusive: want.Exclusive, granted: make(chan struct{})}
	l.queue = append(l.queue, w)
	s.mu.Unlock()

	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(l.queue, w); i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
		// Those behind may have waited for this waiter only.
		s.serve(want.Name, l)
		return ctx.Err()
	}
	// Granted and cancelled at once: hand the lock on.
	l.holders--
	s.serve(want.Name, l)
	return ctx.Err()
}

func (s *shard) release(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.names[name]
	l.holders--
	s.serve(name, l)
}

// serve grants the lock to as many waiters from the head of the queue as can
// hold it together, and forgets a lock that nobody holds or wants.
func (s *shard) serve(name string, l *lock) {
	for len(l.queue) > 0 && l.admits(l.queue[0].exclusive) {
		w := l.queue[0]
		l.queue = slices.Delete(l.queue, 0, 1)
		l.grant(w.exclusive)
		close(w.granted)
	}
	if l.holders == 0 && len(l.queue) == 0 {
		delete(s.names, name)
		s.give(l)
	}
}

func (l *lock) admits(exclusive bool) bool {
	return l.holders == 0 || !exclusive && !l.exclusive
}

func (l *lock) grant(exclusive bool) {
	l.holders++
	l.exclusive = exclusive
}

func (s *shard) take() *lock {
	n := len(s.spare)
	if n == 0 {
		return &lock{}
	}
	l := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return l
}

func (s *shard) give(l *lock) {
	if len(s.spare) < 8 {
		l.queue = nil
		s.spare = append(s.spare, l)
	}
}
