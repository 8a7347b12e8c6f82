package metatest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"ossd/engine/meta"
)

// RunShared tests an engine whose rows several stores share, as several processes do. open
// returns two of them over the same rows, of which there are none at first.
func RunShared(t *testing.T, open func(t testing.TB) (a, b meta.Store)) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, a, b meta.Store)
	}{
		{"SharedRows", testSharedRows},
		{"SharedLocks", testSharedLocks},
		{"SharedNoLostUpdates", testSharedNoLostUpdates},
		{"Follow", testFollow},
		{"FollowEnds", testFollowEnds},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := open(t)
			c.run(t, a, b)
			for _, s := range []meta.Store{a, b} {
				if err := s.Close(); err != nil && !errors.Is(err, meta.ErrClosed) {
					t.Errorf("Close: %v", err)
				}
			}
		})
	}
}

func testSharedRows(t *testing.T, a, b meta.Store) {
	fill(t, a, "a", "1", "b", "2")
	wantRows(t, b, "a", "1", "b", "2")
	update(t, b, increment("a"))
	wantRows(t, a, "a", "2", "b", "2")
	view(t, a, func(snap meta.Snapshot) error {
		wantGet(t, snap, "a", "2")
		update(t, b, increment("a"))
		wantGet(t, snap, "a", "2")
		return nil
	})
}

// A lock that one store gave keeps the other's callers out, and lets them in when it is
// given back.
func testSharedLocks(t *testing.T, a, b meta.Store) {
	for _, c := range []struct {
		held, wanted meta.Lock
		conflict     bool
	}{
		{meta.Exclusive("x"), meta.Exclusive("x"), true},
		{meta.Exclusive("x"), meta.Shared("x"), true},
		{meta.Shared("x"), meta.Exclusive("x"), true},
		{meta.Shared("x"), meta.Shared("x"), false},
		{meta.Exclusive("x"), meta.Exclusive("y"), false},
		{meta.Exclusive("x"), meta.Exclusive("x/below"), false},
	} {
		release := hold(t, a, c.held)
		done := make(chan error, 1)
		go func() { done <- b.Update(t.Context(), []meta.Lock{c.wanted}, nothing) }()
		if c.conflict {
			select {
			case err := <-done:
				t.Errorf("%v was given beside %v, %v", c.wanted, c.held, err)
			case <-time.After(50 * time.Millisecond):
			}
			release()
		}
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%v beside %v: %v", c.wanted, c.held, err)
			}
		case <-time.After(patience):
			t.Fatalf("%v waits for %v", c.wanted, c.held)
		}
		if !c.conflict {
			release()
		}
	}
	// Who gives up leaves nothing locked behind.
	release := hold(t, a, meta.Exclusive("a"))
	if !blocked(t, b, meta.Exclusive("b"), meta.Exclusive("a")) {
		t.Error("two stores gave the same exclusive lock")
	}
	hold(t, a, meta.Exclusive("b"))()
	release()
}

func testSharedNoLostUpdates(t *testing.T, a, b meta.Store) {
	const workers, rounds = 8, 20
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for range rounds {
				if err := []meta.Store{a, b}[i%2].Update(t.Context(), []meta.Lock{meta.Exclusive("n")}, increment("n")); err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantRows(t, b, "n", strconv.Itoa(workers*rounds))
}

// reading is one call of seen.
type reading struct {
	value []byte
	at    time.Time
}

// await takes readings until one has the value, nil for no row.
func await(t *testing.T, readings <-chan reading, want []byte) reading {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case r := <-readings:
			if bytes.Equal(r.value, want) && (r.value == nil) == (want == nil) {
				return r
			}
		case <-timeout:
			t.Fatalf("value %q was not seen", want)
		}
	}
}

func follower(t *testing.T, s meta.Store) meta.Follower {
	f, ok := s.(meta.Follower)
	if !ok {
		t.Skipf("a %T does not offer to follow rows", s)
	}
	return f
}

func testFollow(t *testing.T, a, b meta.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	follow := func(s meta.Store, key string, interval time.Duration) <-chan reading {
		readings := make(chan reading, 1000)
		follower(t, s).Follow(ctx, []byte(key), interval, func(value []byte, at time.Time) { readings <- reading{bytes.Clone(value), at} })
		return readings
	}
	// An interval that no test lives to see: the news must come by itself.
	before := time.Now()
	mine, theirs := follow(a, "followed", time.Hour), follow(b, "followed", time.Hour)
	for _, readings := range []<-chan reading{mine, theirs} {
		if r := await(t, readings, nil); r.at.Before(before) || r.at.After(time.Now()) {
			t.Errorf("the first reading is said to be of %v, the test began at %v", r.at, before)
		}
	}
	for i, value := range [][]byte{[]byte("1"), {}, []byte("2")} {
		written := time.Now()
		update(t, a, func(tx meta.Tx) error { return tx.Put([]byte("followed"), value) })
		for _, readings := range []<-chan reading{mine, theirs} {
			if r := await(t, readings, value); r.at.Before(before) {
				t.Errorf("round %d, written at %v: reading of %v", i, written, r.at)
			}
		}
	}
	update(t, b, func(tx meta.Tx) error { return tx.Delete([]byte("followed")) })
	await(t, mine, nil)

	// What nobody tells of is seen all the same, within an interval: here a follows, and b, which does not, writes.
	polled := follow(a, "polled", 20*time.Millisecond)
	fill(t, b, "polled", "1")
	await(t, polled, []byte("1"))
	first := await(t, polled, []byte("1"))
	if second := await(t, polled, []byte("1")); !second.at.After(first.at) {
		t.Errorf("readings of %v and then of %v", first.at, second.at)
	}
}

func testFollowEnds(t *testing.T, a, b meta.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	readings := make(chan reading, 1000)
	seen := func(value []byte, at time.Time) { readings <- reading{bytes.Clone(value), at} }
	follower(t, a).Follow(ctx, []byte("key"), 5*time.Millisecond, seen)
	await(t, readings, nil)
	cancel()
	quiet := func(why string) {
		t.Helper()
		// One may be under way.
		deadline := time.After(patience)
		for {
			select {
			case <-readings:
			case <-time.After(100 * time.Millisecond):
				return
			case <-deadline:
				t.Fatalf("following goes on after %s", why)
			}
		}
	}
	quiet("its context")
	follower(t, b).Follow(t.Context(), []byte("key"), 5*time.Millisecond, seen)
	await(t, readings, nil)
	if err := b.Close(); err != nil {
		t.Errorf("Close while following: %v", err)
	}
	for len(readings) > 0 {
		<-readings
	}
	follower(t, b).Follow(t.Context(), []byte("key"), 5*time.Millisecond, seen)
	quiet("Close")
}
