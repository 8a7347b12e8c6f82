package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/gate"
	"ossd/engine/meta/internal/locktable"
)

// Store is a meta.Store in a schema of a database.
type Store struct {
	config Config
	sql    queries
	pool   *pgxpool.Pool
	gate   *gate.Gate
	locks  *locktable.Table // of this process; see the package comment

	followed  sync.Map // key (string) → nothing
	following sync.WaitGroup
	closing   context.Context
	close     context.CancelFunc

	waiting, roundTrips, retries, unknown atomic.Int64
}

var (
	_ meta.Store    = (*Store)(nil)
	_ meta.Follower = (*Store)(nil)
)

// Open connects, and makes or migrates the schema. An error wraps meta.ErrUnavailable
// if the server cannot be reached now.
func Open(ctx context.Context, config Config) (*Store, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	pooled, err := config.poolConfig()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), pooled)
	if err != nil {
		return nil, fmt.Errorf("meta/postgres: %w", err)
	}
	s := &Store{config: config, sql: newQueries(config.Schema), pool: pool, gate: gate.New(), locks: locktable.New()}
	s.closing, s.close = context.WithCancel(context.Background())
	if err := s.prepare(ctx); err != nil {
		s.close()
		pool.Close()
		return nil, explain(ctx, "open", err)
	}
	return s, nil
}

// View implements meta.Store.
func (s *Store) View(ctx context.Context, fn func(meta.Snapshot) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	r := &reader{ctx: ctx, session: &session{store: s, begin: beginView, retry: s.newRetry()}}
	defer func() {
		ended := r.session
		r.session = nil
		if ended.conn == nil {
			s.gate.Leave()
			return
		}
		// Nobody depends on the end of a snapshot, so nobody waits for it.
		go func() {
			ended.end()
			s.gate.Leave()
		}()
	}()
	return fn(r)
}

// Update implements meta.Store.
func (s *Store) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.gate.Leave()
	limited, cancel := context.WithTimeout(ctx, s.config.LockTimeout)
	held, err := s.locks.Acquire(limited, locks)
	cancel()
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("meta/postgres: %w: locks are held for too long", meta.ErrUnavailable)
	}
	defer held.Release()
	for retry := s.newRetry(); ; {
		err, retryable := s.attempt(ctx, retry, held.Locks(), fn)
		if err == nil || !retryable || !retry.another(ctx) {
			return err
		}
	}
}

// attempt runs a transaction once. It is retryable if it failed before anything can
// have been committed, by no fault of fn.
func (s *Store) attempt(ctx context.Context, retry *retry, locks []meta.Lock, fn func(meta.Tx) error) (_ error, retryable bool) {
	ses := &session{store: s, begin: beginUpdate, retry: retry}
	defer ses.end()
	t := &tx{reader: reader{ctx: ctx, session: ses, own: overlay{}}}
	defer t.end()
	if len(locks) > 0 {
		if err := t.lock(locks); err != nil {
			return explain(ctx, "lock", err), false // ask has tried already
		}
	}
	err := fn(t)
	if ses.failed != nil { // then whatever fn says is a consequence
		return explain(ctx, "read", ses.failed), again(ses.failed)
	}
	if err != nil || t.own.empty() {
		return err, false
	}
	err = ses.commit(ctx, t.statements())
	switch e, _ := fromServer(err); {
	case err == nil:
		return nil, false
	case errors.Is(err, errUnknown):
		return fmt.Errorf("meta/postgres: commit: %w: %v", meta.ErrUnavailable, err), false
	case e != nil && e.Code == uniqueViolation:
		return meta.ErrRowExists, false
	}
	return explain(context.WithoutCancel(ctx), "commit", err), again(err)
}

// Close implements meta.Store. It waits for the calls under way.
func (s *Store) Close() error {
	if !s.gate.Close() {
		return meta.ErrClosed
	}
	s.close()
	s.following.Wait()
	s.pool.Close()
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
