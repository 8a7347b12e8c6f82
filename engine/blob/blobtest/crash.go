package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/internal/disk"
	"ossd/internal/disk/crashdisk"
)

// OpenOn opens the store of an engine that keeps files, on a disk. Its clock is now.
type OpenOn func(on disk.FS, now func() time.Time) (blob.Store, error)

// RunCrash lets the power fail before every change of a file, with any part of
// what was not synced on the disk, while random operations run; and sometimes
// kills only the program, which goes on and loses power later. Each time:
//
//   - the store opens, and works on;
//   - every blob that was acknowledged is whole, and Walk shows it;
//   - one whose deletion had begun is whole or gone;
//   - no other bytes are ever read than some that were written.
func RunCrash(t *testing.T, open OpenOn) {
	t.Run("EveryChange", func(t *testing.T) {
		crashdisk.Runs(t, 1, func(t *testing.T, seed uint64) { runCrash(t, open, seed, 1, 1) })
	})
	t.Run("Concurrent", func(t *testing.T) {
		crashdisk.Runs(t, 1, func(t *testing.T, seed uint64) { runCrash(t, open, seed, 4, 4) })
	})
}

// crash is a store whose disk crashes, and what is known of it.
type crash struct {
	*testing.T
	open  OpenOn
	seed  uint64
	every int // of so many changes one is looked at
	disk  *crashdisk.Disk
	store blob.Store
	looks int

	mu      sync.Mutex
	clock   time.Time
	blobs   map[blob.Ref][]byte // acknowledged
	dying   map[blob.Ref][]byte // their deletion has begun
	pending map[int][]byte      // by worker: what is being written
}

func runCrash(t *testing.T, open OpenOn, seed uint64, workers, every int) {
	power := &crashdisk.Power{}
	c := &crash{
		T: t, open: open, seed: seed, every: every, clock: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC),
		blobs: map[blob.Ref][]byte{}, dying: map[blob.Ref][]byte{}, pending: map[int][]byte{},
	}
	c.disk = crashdisk.New(crashdisk.Config{Power: power, Now: c.now})
	power.Cut = c.look
	steps := 12
	if *crashdisk.Long {
		steps = 60
	}
	for round := range uint64(3) {
		var err error
		if c.store, err = open(c.disk, c.now); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for worker := range workers {
			random := rand.New(rand.NewPCG(seed, round*100+uint64(worker)))
			wg.Go(func() { c.work(random, worker, steps/workers) })
		}
		wg.Wait()
		if err := c.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if c.looks < 20 {
		t.Errorf("only %d crashes", c.looks)
	}
}

// now never returns a time twice.
func (c *crash) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = c.clock.Add(time.Millisecond)
	return c.clock
}

func (c *crash) work(random *rand.Rand, worker, steps int) {
	for range steps {
		if c.Failed() {
			return
		}
		switch n := random.IntN(20); {
		case n < 13:
			c.put(random, worker)
		case n < 17:
			c.delete(random)
		case n < 19:
			c.walk(random)
		default:
			c.abort(random)
		}
	}
}

// sizes are awkward for sectors, pages and frames.
var sizes = []int{0, 1, 100, 511, 512, 513, 3000, 4096, 9000, 65535, 65536, 65537, 140_000, 262_144, 262_145, 300_000}

// content is hard to take for another one.
func content(random *rand.Rand) []byte {
	data := make([]byte, sizes[random.IntN(len(sizes))])
	for i := 0; i < len(data); i += 64 {
		copy(data[i:], fmt.Appendf(nil, "%x/%d ", random.Uint64(), i))
	}
	return data
}

func (c *crash) put(random *rand.Rand, worker int) {
	data := content(random)
	c.mu.Lock()
	c.pending[worker] = data
	c.mu.Unlock()
	ref, err := write(c.Context(), c.store, data, int64(random.IntN(2)*(len(data)+1)-1))
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, worker)
	if err != nil {
		c.Errorf("put: %v", err)
		return
	}
	c.blobs[ref] = data
}

// write makes a blob of pieces.
func write(ctx context.Context, s blob.Store, data []byte, hint int64) (blob.Ref, error) {
	w, err := s.Create(ctx, hint)
	if err != nil {
		return "", err
	}
	defer w.Abort()
	for piece := range slices.Chunk(data, 100_000) {
		if _, err := w.Write(piece); err != nil {
			return "", err
		}
	}
	return w.Commit(ctx)
}

func (c *crash) abort(random *rand.Rand) {
	w, err := c.store.Create(c.Context(), -1)
	if err == nil {
		_, err = w.Write(content(random))
		err = errors.Join(err, w.Abort())
	}
	if err != nil {
		c.Errorf("abort: %v", err)
	}
}

// delete deletes some of the blobs that lie side by side.
func (c *crash) delete(random *rand.Rand) {
	c.mu.Lock()
	refs := slices.Sorted(maps.Keys(c.blobs))
	from := random.IntN(len(refs) + 1)
	refs = refs[from:min(len(refs), from+random.IntN(6))]
	for _, ref := range refs {
		c.dying[ref] = c.blobs[ref]
		delete(c.blobs, ref)
	}
	c.mu.Unlock()
	for _, ref := range refs {
		if err := c.store.Delete(c.Context(), ref); err != nil {
			c.Errorf("delete: %v", err)
		}
	}
}

// walk gives space back, and sometimes sweeps what nobody refers to.
func (c *crash) walk(random *rand.Rand) {
	sweeps := random.IntN(2) == 0
	before := c.now()
	if err := c.store.Walk(c.Context(), before, func(ref blob.Ref, _ int64) error {
		c.mu.Lock()
		_, known := c.blobs[ref]
		alone := len(c.pending) == 0
		c.mu.Unlock()
		if !sweeps || known || !alone { // a blob that was just committed may not be known yet
			return nil
		}
		return c.store.Delete(c.Context(), ref)
	}); err != nil {
		c.Errorf("walk: %v", err)
	}
}

// look is what happens at a change: the power fails in another world, and in
// some more the program is killed first.
func (c *crash) look(n int64) {
	every := c.every
	if c.store == nil && !*crashdisk.Long { // 256 directories are made alike
		every *= 32
	}
	if n%int64(every) != 0 || c.Failed() {
		return
	}
	c.looks++
	c.mu.Lock()
	blobs, maybe := maps.Clone(c.blobs), maps.Clone(c.dying)
	var pending [][]byte
	for _, data := range c.pending {
		pending = append(pending, data)
	}
	clock := c.clock
	c.mu.Unlock()
	another := func(where string) *aftermath {
		return &aftermath{crash: c, where: fmt.Sprintf("change %d%s", n, where), now: clock, blobs: maps.Clone(blobs), maybe: maybe, pending: pending}
	}
	a := another("")
	a.verify(c.disk.Crash(c.seed^uint64(n), crashdisk.Config{Now: a.tick}))
	if c.looks%10 == 0 {
		a := another(", killed first")
		killed := c.disk.Kill(crashdisk.Config{Now: a.tick})
		a.verify(killed)
		a.verify(killed.Crash(c.seed^uint64(n), crashdisk.Config{Now: a.tick}))
	}
}

var worksOn = []byte("the store works on")

// aftermath is what must hold after a crash.
type aftermath struct {
	*crash
	where   string
	now     time.Time
	blobs   map[blob.Ref][]byte
	maybe   map[blob.Ref][]byte // whole or gone
	pending [][]byte            // or these, under references that nobody knows
}

func (a *aftermath) tick() time.Time { a.now = a.now.Add(time.Millisecond); return a.now }

func (a *aftermath) fail(format string, args ...any) {
	a.Helper()
	a.Errorf("%s: %s", a.where, fmt.Sprintf(format, args...))
}

func (a *aftermath) verify(on *crashdisk.Disk) {
	a.Helper()
	s, err := a.open(on, a.tick)
	if err != nil {
		a.fail("the store does not open: %v", err)
		return
	}
	a.whole(s)
	a.walked(s)
	data := worksOn
	a.pending = append(a.pending, data)
	ref, err := write(a.Context(), s, data, -1)
	if err != nil {
		a.fail("put: %v", err)
	}
	for gone := range a.maybe {
		if err := s.Delete(a.Context(), gone); err != nil {
			a.fail("delete: %v", err)
		}
	}
	if err := s.Walk(a.Context(), a.tick(), func(blob.Ref, int64) error { return nil }); err != nil {
		a.fail("walk: %v", err)
	}
	if got, err := read(s, ref, 0, -1, false); err != nil || !bytes.Equal(got, data) {
		a.fail("a new blob reads %q, %v", got, err)
	}
	for gone := range a.maybe {
		if got, err := read(s, gone, 0, -1, false); !errors.Is(err, blob.ErrNotFound) {
			a.fail("deleted again, %s reads %d bytes, %v", gone, len(got), err)
		}
	}
	a.whole(s)
	if err := s.Close(); err != nil {
		a.fail("close: %v", err)
	}
	a.blobs[ref] = data // for what comes after this crash
}

// whole reads what was acknowledged.
func (a *aftermath) whole(s blob.Store) {
	a.Helper()
	for ref, want := range a.blobs {
		if err := same(s, ref, want); err != nil {
			a.fail("%s, of %d bytes that were acknowledged: %v", ref, len(want), err)
		}
	}
	for ref, want := range a.maybe {
		if err := same(s, ref, want); err != nil && !errors.Is(err, blob.ErrNotFound) {
			a.fail("%s, of %d bytes that were being deleted: %v", ref, len(want), err)
		}
	}
}

// same compares a blob with the bytes that it must have.
func same(s blob.Store, ref blob.Ref, want []byte) error {
	r, err := s.Open(context.Background(), ref, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	c := comparer{want}
	if _, err := r.WriteTo(&c); err != nil {
		return err
	}
	if len(c.want) > 0 {
		return fmt.Errorf("the last %d bytes are missing", len(c.want))
	}
	return nil
}

// comparer takes what it wants.
type comparer struct{ want []byte }

func (c *comparer) Write(p []byte) (int, error) {
	if len(p) > len(c.want) || !bytes.Equal(p, c.want[:len(p)]) {
		return 0, fmt.Errorf("other bytes where %d are left", len(c.want))
	}
	c.want = c.want[len(p):]
	return len(p), nil
}

// walked compares what Walk shows with what is known.
func (a *aftermath) walked(s blob.Store) {
	a.Helper()
	found := map[blob.Ref]bool{}
	if err := s.Walk(a.Context(), a.tick().Add(time.Hour), func(ref blob.Ref, size int64) error {
		found[ref] = true
		if want, ok := a.blobs[ref]; ok && size != int64(len(want)) {
			a.fail("Walk says that %s has %d bytes, want %d", ref, size, len(want))
		}
		if _, ok := a.maybe[ref]; ok || a.blobs[ref] != nil {
			return nil
		}
		a.stray(s, ref)
		return nil
	}); err != nil {
		a.fail("walk: %v", err)
	}
	for ref := range a.blobs {
		if !found[ref] {
			a.fail("Walk does not show %s", ref)
		}
	}
}

// stray reads a blob that nobody was told of.
func (a *aftermath) stray(s blob.Store, ref blob.Ref) {
	a.Helper()
	got, err := read(s, ref, 0, -1, false)
	if errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrNotFound) || errors.Is(err, io.ErrUnexpectedEOF) {
		return
	}
	isOne := func(data []byte) bool { return bytes.Equal(data, got) }
	if err != nil || !slices.ContainsFunc(a.pending, isOne) && !slices.ContainsFunc(slices.Collect(maps.Values(a.blobs)), isOne) && len(got) > 0 {
		a.fail("%s, which nobody knows, reads %d bytes %.40q, %v", ref, len(got), got, err)
	}
}
