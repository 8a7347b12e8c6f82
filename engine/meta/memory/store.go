package memory

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/gate"
	"ossd/engine/meta/internal/locktable"
)

// Config says how strict a store is beyond what it always is.
type Config struct {
	// RunTwice makes Update run its function once for nothing and then again,
	// as it may under every engine's contract.
	RunTwice bool
}

// Store is a meta.Store in memory.
type Store struct {
	config Config
	gate   *gate.Gate
	locks  *locktable.Table

	root   atomic.Pointer[node]
	commit sync.Mutex // held while root is replaced
}

var _ meta.Store = (*Store)(nil)

// New returns an empty store.
func New() meta.Store { return Open(Config{}) }

// Open returns an empty store.
func Open(config Config) *Store {
	return &Store{config: config, gate: gate.New(), locks: locktable.New()}
}

// View implements meta.Store.
func (s *Store) View(ctx context.Context, fn func(meta.Snapshot) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	snap := &snapshot{root: s.root.Load()}
	defer snap.end()
	return fn(snap)
}

// Update implements meta.Store.
func (s *Store) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	held, err := s.locks.Acquire(ctx, locks)
	if err != nil {
		return err
	}
	defer held.Release()

	if s.config.RunTwice {
		if _, err := s.run(held.Locks(), fn); err != nil {
			return err
		}
	}
	tx, err := s.run(held.Locks(), fn)
	if err != nil {
		return err
	}
	return s.apply(tx)
}

func (s *Store) run(held []meta.Lock, fn func(meta.Tx) error) (*tx, error) {
	t := &tx{snapshot: snapshot{root: s.root.Load()}, locks: held}
	t.base = t.root
	defer t.end()
	if err := fn(t); err != nil {
		return nil, err
	}
	// A caller that swallows a refusal must not succeed with half its writes.
	return t, t.refused
}

// apply replays a transaction's writes on the rows as they are now.
func (s *Store) apply(t *tx) error {
	s.commit.Lock()
	defer s.commit.Unlock()
	root := s.root.Load()
	if err := t.validate(root); err != nil {
		return err
	}
	for _, w := range t.writes {
		switch {
		case w.delete:
			root = root.remove(w.key)
		case w.insert && root.get(w.key) != nil:
			return meta.ErrRowExists
		default:
			root = root.put(w.key, w.value)
		}
	}
	s.root.Store(root)
	return nil
}

// Close implements meta.Store. It waits for the calls under way.
func (s *Store) Close() error {
	if !s.gate.Close() {
		return meta.ErrClosed
	}
	s.root.Store(nil)
	return nil
}

func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.gate.Enter() {
		return meta.ErrClosed
	}
	return nil
}

// errEnded reports a mistake in the caller, like meta.ErrNotLocked.
var errEnded = errors.New("meta/memory: snapshot used after its function returned")
