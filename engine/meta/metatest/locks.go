package metatest

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"ossd/engine/meta"
)

var lockCases = []testCase{
	{"NoLostUpdates", testNoLostUpdates},
	{"RandomLockOrder", testRandomLockOrder},
	{"WaitingEndsWithContext", testWaitingEndsWithContext},
	{"SharedLocksRunTogether", testSharedLocksRunTogether},
	{"SharedExcludesExclusive", testSharedExcludesExclusive},
	{"ViewDoesNotWait", testViewDoesNotWait},
}

// patience bounds waits that a correct engine ends at once.
const patience = 10 * time.Second

func testNoLostUpdates(t *testing.T, s meta.Store) {
	const workers, rounds = 16, 20
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				if err := s.Update(t.Context(), []meta.Lock{meta.Exclusive("n")}, increment("n")); err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantRows(t, s, "n", strconv.Itoa(workers*rounds))
}

func increment(key string) func(tx meta.Tx) error {
	return func(tx meta.Tx) error {
		n, err := number(tx, key)
		if err != nil {
			return err
		}
		return tx.Put([]byte(key), []byte(strconv.Itoa(n+1)))
	}
}

// number reads a row that holds a number; no row is 0.
func number(snap meta.Snapshot, key string) (int, error) {
	value, err := snap.Get([]byte(key))
	if errors.Is(err, meta.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(value))
}

// Money moves between accounts; locks are named in random order, twice, and
// some callers give up. The sum must stay, in every snapshot.
func testRandomLockOrder(t *testing.T, s meta.Store) {
	accounts := []string{"a", "b", "c", "d"}
	fill(t, s, "a", "100", "b", "100", "c", "100", "d", "100")
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(worker)))
			for range 25 {
				from, to := accounts[rng.IntN(4)], accounts[rng.IntN(4)]
				ctx, cancel := context.WithCancel(t.Context())
				if rng.IntN(5) == 0 {
					go cancel()
				}
				locks := []meta.Lock{meta.Shared(from), meta.Exclusive(from), meta.Exclusive(to)}
				err := s.Update(ctx, locks, transfer(from, to))
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("Update: %v", err)
				}
				cancel()
				wantSum(t, s, accounts, 400)
			}
		})
	}
	wg.Wait()
	wantSum(t, s, accounts, 400)
}

func transfer(from, to string) func(tx meta.Tx) error {
	return func(tx meta.Tx) error {
		for _, move := range []struct {
			account string
			amount  int
		}{{from, -1}, {to, +1}} {
			n, err := number(tx, move.account)
			if err != nil {
				return err
			}
			if err := tx.Put([]byte(move.account), []byte(strconv.Itoa(n+move.amount))); err != nil {
				return err
			}
		}
		return nil
	}
}

func wantSum(t *testing.T, s meta.Store, keys []string, want int) {
	sum := 0
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		for _, key := range keys {
			n, err := number(snap, key)
			if err != nil {
				return err
			}
			sum += n
		}
		return nil
	}); err != nil {
		t.Errorf("View: %v", err)
	}
	if sum != want {
		t.Errorf("a snapshot sums up to %d, want %d", sum, want)
	}
}

// hold runs an Update that keeps its locks until the returned function ends it.
func hold(t *testing.T, s meta.Store, locks ...meta.Lock) (release func()) {
	t.Helper()
	entered, leave, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once // the function may run more than once
	go func() {
		done <- s.Update(t.Context(), locks, func(meta.Tx) error {
			once.Do(func() { close(entered) })
			<-leave
			return nil
		})
	}()
	select {
	case <-entered:
	case <-time.After(patience):
		t.Fatalf("Update did not get %v", locks)
	}
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Errorf("Update: %v", err)
		}
	}
}

// blocked says whether an Update with these locks waits rather than runs.
func blocked(t *testing.T, s meta.Store, locks ...meta.Lock) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, locks, func(meta.Tx) error { return nil })
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update: %v", err)
	}
	return err != nil
}

// free says whether an Update with these locks runs, however slow the machine is.
func free(t *testing.T, s meta.Store, locks ...meta.Lock) bool {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := s.Update(ctx, locks, nothing)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update: %v", err)
	}
	return err == nil
}

func testWaitingEndsWithContext(t *testing.T, s meta.Store) {
	release := hold(t, s, meta.Exclusive("a"))
	if !blocked(t, s, meta.Exclusive("b"), meta.Exclusive("a")) {
		t.Error("two Updates held the same exclusive lock")
	}
	if !free(t, s, meta.Exclusive("b")) {
		t.Error("a caller that gave up kept a lock, or an unrelated lock conflicts")
	}
	release()
	if !free(t, s, meta.Exclusive("a")) {
		t.Error("the lock was not released")
	}
}

func testSharedLocksRunTogether(t *testing.T, s meta.Store) {
	first := hold(t, s, meta.Shared("bucket"), meta.Exclusive("bucket/1"))
	second := hold(t, s, meta.Shared("bucket"), meta.Exclusive("bucket/2"))
	second()
	first()
}

func testSharedExcludesExclusive(t *testing.T, s meta.Store) {
	release := hold(t, s, meta.Shared("bucket"))
	if !blocked(t, s, meta.Exclusive("bucket")) {
		t.Error("an exclusive lock was given beside a shared one")
	}
	if !free(t, s, meta.Shared("bucket")) {
		t.Error("a writer that gave up still keeps readers out")
	}
	release()
	release = hold(t, s, meta.Exclusive("bucket"))
	if !blocked(t, s, meta.Shared("bucket")) {
		t.Error("a shared lock was given beside an exclusive one")
	}
	release()
}

func testViewDoesNotWait(t *testing.T, s meta.Store) {
	fill(t, s, "a", "1")
	release := hold(t, s, everything...)
	defer release()
	done := make(chan struct{})
	go func() {
		defer close(done)
		wantRows(t, s, "a", "1")
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("View waits for an Update")
	}
}
