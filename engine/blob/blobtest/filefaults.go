package blobtest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/internal/disk/crashdisk"
)

// RunFileFaults lets each call of the file system fail in turn, before its
// effect and after it, while the store is opened and used; without -crash.long
// some of them, by chance. Each time:
//
//   - the error is told, and a full disk is blob.ErrFull;
//   - every blob that was acknowledged is whole, at once and after a power failure;
//   - the store works on, or does so when it is opened again.
func RunFileFaults(t *testing.T, open OpenOn) {
	calls := (&faults{T: t, open: open}).run()
	if len(calls) < 50 {
		t.Fatalf("only %d calls", len(calls))
	}
	for n, c := range calls {
		if !*crashdisk.Long && rand.IntN(c.alike()) > 0 {
			continue
		}
		for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
			for _, after := range []bool{false, true} {
				(&faults{T: t, open: open, at: n + 1, after: after, cause: cause}).run()
			}
		}
		if t.Failed() {
			t.Fatalf("call %d: %s", n+1, c)
		}
	}
}

// call is one that the store made of the file system.
type call struct {
	op      crashdisk.Op
	name    string
	opening bool // of the store
}

// alike is of how many calls one is tried when there is little time: hundreds of
// directories are made and read alike.
func (c call) alike() int {
	if c.opening || !c.op.Changes() {
		return 200
	}
	return 6
}

func (c call) String() string { return fmt.Sprintf("%s %s", c.op, c.name) }

// faults is a life of a store in which one call fails.
type faults struct {
	*testing.T
	open  OpenOn
	at    int // the number of the call; 0: none
	after bool
	cause error

	calls   []call
	opening bool
	clock   time.Time
	known   map[blob.Ref][]byte
	dying   map[blob.Ref][]byte
	failed  [][]byte // put, but not acknowledged
	told    bool     // the error has been
	store   blob.Store
}

func (f *faults) fail(format string, args ...any) {
	f.Helper()
	f.Errorf("%v, after its effect: %t: %s", f.cause, f.after, fmt.Sprintf(format, args...))
}

func (f *faults) hook(op crashdisk.Op, name string) (before, after error) {
	f.calls = append(f.calls, call{op, name, f.opening})
	switch {
	case len(f.calls) != f.at:
		return nil, nil
	case f.after:
		return nil, f.cause
	}
	return f.cause, nil
}

func (f *faults) now() time.Time { f.clock = f.clock.Add(time.Millisecond); return f.clock }

// run returns the calls that were made.
func (f *faults) run() []call {
	f.clock = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	f.known, f.dying = map[blob.Ref][]byte{}, map[blob.Ref][]byte{}
	on := crashdisk.New(crashdisk.Config{Hook: f.hook, Now: f.now, Seed: uint64(f.at)})
	for round := range 2 {
		f.opening = true
		err := f.tolerate("open", func() (err error) { f.store, err = f.open(on, f.now); return err })
		if err != nil { // it must not have left the directory locked
			if f.store, err = f.open(on, f.now); err != nil {
				f.fail("the store does not open again: %v", err)
				return nil
			}
		}
		f.opening = false
		f.use(round)
		f.tolerate("close", f.store.Close)
	}
	calls := slices.Clone(f.calls)
	if f.at > 0 && f.at <= len(calls) && !f.told && calls[f.at-1].mustBeTold() {
		f.fail("nobody was told of %s", calls[f.at-1])
	}
	c := &crash{T: f.T, open: f.open}
	for _, seed := range []uint64{1, 2} {
		a := &aftermath{crash: c, where: fmt.Sprintf("%v, after its effect: %t: power failure %d", f.cause, f.after, seed), now: f.now(), blobs: maps.Clone(f.known), maybe: f.dying, pending: f.failed}
		a.verify(on.Crash(seed, crashdisk.Config{Now: a.tick}))
	}
	return calls
}

// mustBeTold tells of calls whose failure makes no difference to anybody that it
// does not: space that was not given back, or how much is free.
func (c call) mustBeTold() bool { return c.op == crashdisk.Write || c.op == crashdisk.Datasync }

// tolerate allows a call of the store to fail with what was injected.
func (f *faults) tolerate(what string, do func() error) error {
	f.Helper()
	err := do()
	if err == nil {
		return nil
	}
	f.told = true
	if !errors.Is(err, f.cause) || f.at == 0 {
		f.fail("%s: %v", what, err)
	}
	return err
}

// use puts, reads and deletes what makes the store do all that it can.
func (f *faults) use(round int) {
	f.Helper()
	for i, size := range []int{100, 70_000, 0, 300_000, 9000, 9000, 9000, 200_000, 200_000, 512} {
		f.put([]byte(strings.Repeat(fmt.Sprintf("%d/%d.", round, i), size)[:size]))
	}
	refs := slices.Sorted(maps.Keys(f.known))
	for _, ref := range refs {
		f.tolerate("read", func() error { return same(f.store, ref, f.known[ref]) })
	}
	for _, ref := range refs[:len(refs)/2] {
		f.dying[ref] = f.known[ref]
		delete(f.known, ref)
		if f.tolerate("delete", func() error { return f.store.Delete(f.Context(), ref) }) != nil {
			f.tolerate("delete", func() error { return f.store.Delete(f.Context(), ref) })
		}
	}
	for range 2 {
		if f.tolerate("walk", f.sweep) == nil {
			continue
		}
		if err := f.sweep(); err != nil {
			f.fail("walk does not recover: %v", err)
		}
	}
	for ref, data := range f.known {
		f.tolerate("read", func() error { return same(f.store, ref, data) })
	}
}

// sweep deletes what nobody knows.
func (f *faults) sweep() error {
	return f.store.Walk(f.Context(), f.now().Add(time.Hour), func(ref blob.Ref, _ int64) error {
		if f.known[ref] == nil {
			return f.store.Delete(f.Context(), ref)
		}
		return nil
	})
}

// put tries until a blob is acknowledged: one failure must not be for ever.
func (f *faults) put(data []byte) {
	f.Helper()
	for try := 0; ; try++ {
		var ref blob.Ref
		err := f.tolerate("put", func() (err error) { ref, err = write(f.Context(), f.store, data, -1); return err })
		if err == nil {
			f.known[ref] = data
			return
		}
		f.failed = append(f.failed, data)
		if full := errors.Is(err, blob.ErrFull); full != (f.cause == syscall.ENOSPC) && f.calls[f.at-1].mustBeTold() {
			f.fail("%s fails, and put says %v", f.calls[f.at-1], err)
		}
		if try == 5 {
			f.fail("put does not recover: %v", err)
			return
		}
	}
}
