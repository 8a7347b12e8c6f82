package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/postgres/postgrestest"
)

// open opens a store with short times, so that what must end is seen to.
func open(t *testing.T, server *postgrestest.Server, config Config) *Store {
	t.Helper()
	setDefault(&config.URL, server.URL())
	setDefault(&config.Schema, server.Schema(t))
	s, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(ctx context.Context, s *Store, key, value string) error {
	return s.Update(ctx, []meta.Lock{meta.Exclusive(key)}, func(tx meta.Tx) error { return tx.Put([]byte(key), []byte(value)) })
}

// get reads a row in a View, "" for none.
func get(ctx context.Context, s *Store, key string) (value string, err error) {
	err = s.View(ctx, func(snap meta.Snapshot) error {
		v, err := snap.Get([]byte(key))
		value = string(v)
		if errors.Is(err, meta.ErrNotFound) {
			return nil
		}
		return err
	})
	return value, err
}

func wantRow(t *testing.T, s *Store, key, want string) {
	t.Helper()
	if got, err := get(t.Context(), s, key); err != nil || got != want {
		t.Errorf("row %q is %q, %v; want %q", key, got, err, want)
	}
}

// crowd leaves several idle connections in the pool.
func crowd(t *testing.T, s *Store, n int) {
	t.Helper()
	if err := nest(t.Context(), s, n); err != nil {
		t.Fatal(err)
	}
}

func nest(ctx context.Context, s *Store, n int) error {
	if n == 0 {
		return nil
	}
	return s.View(ctx, func(snap meta.Snapshot) error {
		if _, err := snap.Get([]byte("x")); !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		return nest(ctx, s, n-1)
	})
}

func TestIdleConnectionsBreak(t *testing.T) {
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true})
	s := open(t, server, Config{})
	for name, end := range map[string]func() error{"shut down": server.Shutdown, "killed": server.Kill} {
		crowd(t, s, 5)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Its only round trip is the one that commits, which could not be made again.
		if err := s.Update(t.Context(), nil, func(tx meta.Tx) error { return tx.Insert([]byte(name), nil) }); err != nil {
			t.Errorf("an Update without locks after the server was %s: %v", name, err)
		}
		if err := put(t.Context(), s, "row", name); err != nil {
			t.Errorf("the first Update after the server was %s: %v", name, err)
		}
		crowd(t, s, 5)
		wantRow(t, s, "row", name)
	}
}

func TestServerAway(t *testing.T) {
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true})
	s := open(t, server, Config{RetryFor: 50 * time.Millisecond})
	if err := server.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), s, "a", "1"); !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	_, err := get(t.Context(), s, "a")
	if !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("View: %v", err)
	}
	if strings.Contains(err.Error(), postgrestest.Password) {
		t.Errorf("the password is told: %v", err)
	}
	if _, err := Open(t.Context(), Config{URL: server.URL(), RetryFor: time.Millisecond}); !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("Open: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if err := put(ctx, s, "a", "1"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("Update whose context ended: %v", err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), s, "a", "2"); err != nil {
		t.Errorf("the server is back, but %v", err)
	}
}

// A call that waits for a restart is tried again and ends well.
func TestRestartWhileCalling(t *testing.T) {
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true})
	s := open(t, server, Config{RetryFor: time.Minute})
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- put(t.Context(), s, "a", "1") }()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Update over a restart: %v", err)
	}
	wantRow(t, s, "a", "1")
}

// What breaks within fn is run again, as long as nothing was sent to be committed.
func TestBrokenInTheMiddle(t *testing.T) {
	server := postgrestest.Shared(t)
	for _, c := range []struct {
		name string
		then func(tx meta.Tx) error
	}{
		{"read", func(tx meta.Tx) error { _, err := tx.Get([]byte("other")); return err }},
		{"read and forget the error", func(tx meta.Tx) error { _, _ = tx.Get([]byte("other")); return nil }},
		{"scan", func(tx meta.Tx) error {
			for _, err := range tx.Scan(nil, nil) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		s := open(t, server, Config{})
		if err := put(t.Context(), s, "other", "1"); err != nil {
			t.Fatal(err)
		}
		runs := 0
		err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("")}, func(tx meta.Tx) error {
			if runs++; runs == 1 {
				server.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`)
			}
			return errors.Join(c.then(tx), tx.Put([]byte("key"), []byte("value")))
		})
		if err != nil || runs != 2 {
			t.Errorf("%s: ran %d times, %v", c.name, runs, err)
		}
		wantRow(t, s, "key", "value")
		if n := s.Stats().Retries; n != 1 {
			t.Errorf("%s: %d retries are counted", c.name, n)
		}
	}
}

// A View cannot go on with another snapshot.
func TestViewBroken(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{})
	err := s.View(t.Context(), func(snap meta.Snapshot) error {
		if _, err := snap.Get([]byte("a")); !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		server.Exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`)
		_, err := snap.Get([]byte("a"))
		return err
	})
	if !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("View: %v", err)
	}
}

// The answer to COMMIT is lost: the row is there, but nobody knows, and nothing is done twice.
func TestLostAnswer(t *testing.T) {
	for name, locks := range map[string][]meta.Lock{"after a read": {meta.Exclusive("n")}, "as the first round trip": nil} {
		server := postgrestest.Shared(t)
		p, url := newProxy(t, server)
		schema := server.Schema(t)
		s, beside := open(t, server, Config{URL: url, Schema: schema}), open(t, server, Config{Schema: schema})
		if err := put(t.Context(), s, "warm", "1"); err != nil {
			t.Fatal(err)
		}
		runs := 0
		err := s.Update(t.Context(), locks, func(tx meta.Tx) error {
			runs++
			p.mute.Store(true)
			return tx.Put([]byte("n"), []byte("written"))
		})
		if !errors.Is(err, meta.ErrUnavailable) || runs != 1 {
			t.Errorf("%s: ran %d times, %v", name, runs, err)
		}
		// The server may still be at it.
		if locks != nil {
			if err := beside.Update(t.Context(), locks, func(meta.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
			wantRow(t, beside, "n", "written")
			if n := s.Stats().Unknown; n != 1 {
				t.Errorf("%d unknown commits are counted", n)
			}
		}
		p.mute.Store(false)
		if err := put(t.Context(), s, "n", "again"); err != nil {
			t.Errorf("%s: the network works again, but %v", name, err)
		}
	}
}

// A network that swallows everything, without a word: every call ends by itself.
func TestHalfOpen(t *testing.T) {
	server := postgrestest.Shared(t)
	p, url := newProxy(t, server)
	s := open(t, server, Config{URL: url, Timeout: time.Second, RetryFor: 10 * time.Millisecond})
	crowd(t, s, 3)
	bounded := func(what string, call func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- call() }()
		select {
		case err := <-done:
			if !errors.Is(err, meta.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s hangs", what)
		}
	}
	for !p.silent.Load() { // on a busy machine a round trip may take too long before
		bounded("a commit", func() error {
			return s.Update(t.Context(), []meta.Lock{meta.Exclusive("a")}, func(tx meta.Tx) error {
				p.silent.Store(true)
				return tx.Put([]byte("a"), nil)
			})
		})
	}
	bounded("an Update", func() error { return put(t.Context(), s, "a", "1") })
	bounded("a View", func() error { _, err := get(t.Context(), s, "a"); return err })
	bounded("Open", func() error {
		_, err := Open(t.Context(), Config{URL: url, Timeout: time.Second, RetryFor: 10 * time.Millisecond})
		return err
	})
	p.silent.Store(false)
	p.cut()
	if err := put(t.Context(), s, "b", "1"); err != nil {
		t.Errorf("the network works again, but %v", err)
	}
}

// A node that is gone in the middle of an Update leaves its locks to the others.
func TestIdleTransactionEnds(t *testing.T) {
	server := postgrestest.Shared(t)
	schema := server.Schema(t)
	dead, alive := open(t, server, Config{Schema: schema, IdleTimeout: 500 * time.Millisecond}), open(t, server, Config{Schema: schema})
	err := dead.Update(t.Context(), []meta.Lock{meta.Exclusive("a")}, func(tx meta.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("dead")), put(t.Context(), alive, "a", "alive"))
	})
	if !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("an Update that lost its lock: %v", err)
	}
	wantRow(t, alive, "a", "alive")
}

func TestLockTimeout(t *testing.T) {
	server := postgrestest.Shared(t)
	schema := server.Schema(t)
	a, b := open(t, server, Config{Schema: schema}), open(t, server, Config{Schema: schema, LockTimeout: 20 * time.Millisecond})
	for name, holder := range map[string]*Store{"another process": a, "this process": b} {
		err := holder.Update(t.Context(), []meta.Lock{meta.Exclusive("a")}, func(meta.Tx) error {
			if err := put(t.Context(), b, "a", "1"); !errors.Is(err, meta.ErrUnavailable) {
				t.Errorf("a lock that %s keeps: %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := put(t.Context(), b, "a", "2"); err != nil {
		t.Errorf("the lock is free: %v", err)
	}
}

// All connections are in use: who waits too long is told so.
func TestPoolExhausted(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{MaxConns: 2, Timeout: time.Second})
	if err := nest(t.Context(), s, 3); !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("a third connection of two: %v", err)
	}
	crowd(t, s, 2)
}

// The server commits without its standby when somebody cancels the wait for it. That is no success.
func TestStandbyGivenUp(t *testing.T) {
	server := postgrestest.Own(t, postgrestest.Config{NoSync: true})
	s := open(t, server, Config{})
	beside := open(t, server, Config{Schema: s.config.Schema})
	server.Exec(t, "alter system set synchronous_standby_names = 'nobody'")
	server.Exec(t, "select pg_reload_conf()")
	ended := make(chan error, 1)
	go func() {
		for {
			if err := put(t.Context(), s, "a", "1"); err != nil { // until the server has read its configuration
				ended <- err
				return
			}
		}
	}()
	for ended != nil {
		select {
		case err := <-ended:
			if !errors.Is(err, meta.ErrUnavailable) {
				t.Errorf("Update: %v", err)
			}
			ended = nil
		case <-time.After(20 * time.Millisecond):
			_, err := beside.pool.Exec(t.Context(), "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	server.Exec(t, "set synchronous_commit = local; select 1")
	if _, err := beside.pool.Exec(t.Context(), "alter system reset synchronous_standby_names"); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, "select pg_reload_conf()")
}

// A server that became a standby takes no writes; its sessions are left, and new ones may find a primary.
func TestReadOnlyServer(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{RetryFor: time.Millisecond})
	server.Exec(t, "alter database postgres set default_transaction_read_only = on")
	s.pool.Reset()
	if err := put(t.Context(), s, "a", "1"); !errors.Is(err, meta.ErrUnavailable) {
		t.Errorf("Update: %v", err)
	}
	server.Exec(t, "begin read write; alter database postgres reset default_transaction_read_only; commit")
	if err := put(t.Context(), s, "a", "2"); err != nil {
		t.Errorf("the server takes writes again, but %v", err)
	}
	wantRow(t, s, "a", "2")
}

// Whether a commit ends well is not for a context to say any more.
func TestCommitOutlivesContext(t *testing.T) {
	s := open(t, postgrestest.Shared(t), Config{})
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Update(ctx, []meta.Lock{meta.Exclusive("a")}, func(tx meta.Tx) error {
		defer cancel()
		return tx.Put([]byte("a"), []byte("1"))
	}); err != nil {
		t.Errorf("Update: %v", err)
	}
	wantRow(t, s, "a", "1")
}

// Whatever else the server warns of at a commit, it is a commit.
func TestOtherWarnings(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{})
	schema := s.config.Schema
	server.Exec(t, `create function `+schema+`.warn() returns trigger language plpgsql as $$ begin raise warning 'of something'; return null; end $$`)
	server.Exec(t, `create constraint trigger warn after insert on `+schema+`.rows deferrable initially deferred for each row execute function `+schema+`.warn()`)
	if err := put(t.Context(), s, "key", "value"); err != nil {
		t.Error(err)
	}
	if n := s.Stats().Unknown; n != 0 {
		t.Errorf("%d commits count as unknown", n)
	}
	wantRow(t, s, "key", "value")
}

// The URL says how many connections there may be at most.
func TestConnectionsOfTheURL(t *testing.T) {
	server := postgrestest.Shared(t)
	s := open(t, server, Config{URL: server.URL() + "&pool_max_conns=3"})
	if n := s.Stats().MaxConns; n != 3 {
		t.Errorf("%d connections", n)
	}
}
