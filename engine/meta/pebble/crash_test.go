package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"ossd/engine/meta"
)

// putPair writes two rows in one Update: half of it must never be seen.
func putPair(t testing.TB, s meta.Store, n int) error {
	locks := []meta.Lock{meta.Exclusive(fmt.Sprintf("a%d", n)), meta.Exclusive(fmt.Sprintf("b%d", n))}
	return s.Update(t.Context(), locks, func(tx meta.Tx) error {
		for _, l := range locks {
			if err := tx.Put([]byte(l.Name), bytes.Repeat([]byte{byte(n)}, 100)); err != nil {
				return err
			}
		}
		return nil
	})
}

// wantPairs checks that the pairs below acked are there and no half ones.
func wantPairs(t *testing.T, fs vfs.FS, acked, all int) {
	t.Helper()
	s, err := Open(Config{Dir: "db", FS: fs})
	if err != nil {
		t.Fatalf("after the crash: %v", err)
	}
	defer s.Close()
	if err := s.View(t.Context(), func(snap meta.Snapshot) error {
		for n := range all {
			a, errA := snap.Get(fmt.Appendf(nil, "a%d", n))
			b, errB := snap.Get(fmt.Appendf(nil, "b%d", n))
			if n < acked && errA != nil || (errA == nil) != (errB == nil) || !bytes.Equal(a, b) {
				return fmt.Errorf("pair %d of %d acknowledged: %v, %v", n, acked, errA, errB)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// The power fails before random file operations, with any part of what was not
// synced on disk: what was acknowledged before must be there.
func TestPowerFailure(t *testing.T) {
	const pairs = 120
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	type crash struct {
		fs    *vfs.MemFS
		acked int
	}
	var (
		mu      sync.Mutex // the hook is called by background work too
		crashes []crash
		acked   atomic.Int64
		opened  atomic.Bool
	)
	mem := vfs.NewCrashableMem()
	hook := errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if opened.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && rng.IntN(3) == 0 {
			n := int(acked.Load()) // before the clone is made
			cfg := vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng}
			crashes = append(crashes, crash{mem.CrashClone(cfg), n})
		}
		return nil
	})
	s, err := Open(Config{Dir: "db", FS: errorfs.Wrap(mem, hook)})
	if err != nil {
		t.Fatal(err)
	}
	// Not before: Pebble trusts that a synced new file has its name on disk
	// too, as on ext4, xfs and btrfs. This file system is meaner than those and
	// can keep the marker that names a manifest without the manifest.
	opened.Store(true)
	for n := range pairs {
		if err := putPair(t, s, n); err != nil {
			t.Fatal(err)
		}
		acked.Add(1)
		if n%40 == 30 { // new log, new table, new manifest entry
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(crashes) < 20 {
		t.Fatalf("only %d crashes", len(crashes))
	}
	for _, c := range crashes {
		wantPairs(t, c.fs, c.acked, pairs)
	}
}

// A log that cannot be written or synced must fail the waiting Updates, all of
// them, and every call that comes after.
func TestLogFailurePoisons(t *testing.T) {
	for name, fails := range map[string]func(errorfs.Op) bool{
		"write": func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite },
		"sync": func(op errorfs.Op) bool {
			return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
		},
	} {
		t.Run(name, func(t *testing.T) { testLogFailure(t, fails) })
	}
}

func testLogFailure(t *testing.T, fails func(errorfs.Op) bool) {
	broken := errors.New("disk is broken")
	var on atomic.Bool
	hook := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if on.Load() && strings.HasSuffix(op.Path, ".log") && fails(op) {
			return broken
		}
		return nil
	})
	mem := vfs.NewCrashableMem()
	s, err := Open(Config{Dir: "db", FS: errorfs.Wrap(mem, hook), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const before = 10
	for n := range before {
		if err := putPair(t, s, n); err != nil {
			t.Fatal(err)
		}
	}

	on.Store(true)
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			// Together these fill a block of the log, which is where Pebble
			// panics, but no memtable, so that the log is not rotated.
			for n := range 20 {
				err := s.Update(t.Context(), nil, func(tx meta.Tx) error {
					return tx.Insert(fmt.Appendf(nil, "lost%d/%d", worker, n), make([]byte, 4<<10))
				})
				if !errors.Is(err, ErrFailed) {
					t.Errorf("Update on a broken disk: %v, want ErrFailed", err)
				}
			}
		})
	}
	wg.Wait()
	on.Store(false)

	if err := putPair(t, s, before); !errors.Is(err, ErrFailed) || !errors.Is(err, broken) {
		t.Errorf("later Update: %v, want ErrFailed and its cause", err)
	}
	if err := s.View(t.Context(), func(meta.Snapshot) error { return nil }); !errors.Is(err, ErrFailed) {
		t.Errorf("later View: %v, want ErrFailed", err)
	}
	after := mem.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); !errors.Is(err, ErrFailed) {
		t.Errorf("Close: %v, want ErrFailed", err)
	}
	wantPairs(t, after, before, before+1)
}

// Only what concerns an operator reaches the log.
func TestPebbleIsQuiet(t *testing.T) {
	var out bytes.Buffer
	s, err := Open(Config{Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := putPair(t, s, 1); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.db.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Errorf("an uneventful life was logged:\n%s", out.String())
	}
}
