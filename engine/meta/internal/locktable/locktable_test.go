package locktable

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ossd/engine/meta"
)

func TestMerge(t *testing.T) {
	got := merge([]meta.Lock{meta.Shared("b"), meta.Shared("a"), meta.Exclusive("b"), meta.Shared("b"), meta.Exclusive("")})
	want := []meta.Lock{meta.Exclusive(""), meta.Shared("a"), meta.Exclusive("b")}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A writer that waits must not be overtaken by readers that came later, and
// those must be let in when the writer gives up.
func TestQueueIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := New()
		reader := mustAcquire(t, table, meta.Shared("n"))

		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := table.Acquire(ctx, []meta.Lock{meta.Exclusive("n")})
			failed <- err
		}()
		synctest.Wait()
		var entered atomic.Int32
		for range 3 {
			go func() {
				h := mustAcquire(t, table, meta.Shared("n"))
				entered.Add(1)
				h.Release()
			}()
		}
		synctest.Wait()
		if n := entered.Load(); n != 0 {
			t.Errorf("%d readers overtook a waiting writer", n)
		}
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled writer: %v", err)
		}
		synctest.Wait()
		if n := entered.Load(); n != 3 {
			t.Errorf("%d of 3 readers entered after the writer gave up", n)
		}
		reader.Release()
		wantEmpty(t, table)
	})
}

// A cancelled Acquire of several locks must give back those it already has.
func TestCancelGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := New()
		blocker := mustAcquire(t, table, meta.Exclusive("b"))
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := table.Acquire(ctx, []meta.Lock{meta.Exclusive("b"), meta.Exclusive("a")})
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		mustAcquire(t, table, meta.Exclusive("a")).Release()
		blocker.Release()
		wantEmpty(t, table)
	})
}

// Random sets of locks in random order, some cancelled: no deadlock, no two
// holders that conflict, nothing left behind.
func TestManyHolders(t *testing.T) {
	table := New()
	var state [5]struct{ readers, writers atomic.Int32 }
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 500 {
				var locks []meta.Lock
				for range 1 + rng.IntN(4) {
					locks = append(locks, meta.Lock{Name: fmt.Sprint(rng.IntN(len(state))), Exclusive: rng.IntN(2) == 0})
				}
				ctx, cancel := context.WithCancel(t.Context())
				if rng.IntN(4) == 0 {
					go cancel()
				}
				held, err := table.Acquire(ctx, locks)
				if err == nil {
					check(t, held, &state)
					held.Release()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	wantEmpty(t, table)
}

func check(t *testing.T, held *Held, state *[5]struct{ readers, writers atomic.Int32 }) {
	for _, l := range held.Locks() {
		s := &state[l.Name[0]-'0']
		if l.Exclusive {
			if s.writers.Add(1) != 1 || s.readers.Load() != 0 {
				t.Errorf("lock %s: a writer is not alone", l.Name)
			}
			defer s.writers.Add(-1)
		} else {
			s.readers.Add(1)
			if s.writers.Load() != 0 {
				t.Errorf("lock %s: a reader beside a writer", l.Name)
			}
			defer s.readers.Add(-1)
		}
	}
}

func mustAcquire(t *testing.T, table *Table, locks ...meta.Lock) *Held {
	held, err := table.Acquire(t.Context(), locks)
	if err != nil {
		t.Error(err)
	}
	return held
}

func wantEmpty(t *testing.T, table *Table) {
	t.Helper()
	left := 0
	for i := range table.shards {
		table.shards[i].mu.Lock()
		left += len(table.shards[i].names)
		table.shards[i].mu.Unlock()
	}
	if left != 0 {
		t.Errorf("%d names are left in the table", left)
	}
}

func BenchmarkUncontended(b *testing.B) {
	table := New()
	locks := []meta.Lock{meta.Shared("bucket"), meta.Exclusive("bucket/object")}
	b.ReportAllocs()
	for b.Loop() {
		held, err := table.Acquire(b.Context(), locks)
		if err != nil {
			b.Fatal(err)
		}
		held.Release()
	}
}
