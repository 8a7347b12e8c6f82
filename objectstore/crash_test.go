package objectstore_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"ossd/engine/blob"
	blobfile "ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta/pebble"
	"ossd/internal/disk"
	"ossd/internal/disk/crashdisk"
	"ossd/objectstore"
)

// The power fails at random changes of the disks that rows and blobs are on,
// with any part of what was not synced on them, while several put, append,
// complete, copy, delete and sweep. Afterwards no acknowledged object is lost or
// torn, no acknowledged deletion undone, and what was not acknowledged is wholly
// there or not at all.
func TestCrash(t *testing.T) {
	crashdisk.Runs(t, 1, func(t *testing.T, seed uint64) {
		w := newCrashWorld(t, seed)
		var workers, sweeper sync.WaitGroup
		var done atomic.Bool
		for worker := range 3 {
			workers.Go(func() {
				(&crashWorker{crashWorld: w, id: worker, random: rand.New(rand.NewPCG(seed, uint64(worker)))}).run()
			})
		}
		sweeper.Go(func() {
			for !done.Load() && !t.Failed() {
				if _, err := w.s.Sweep(t.Context()); err != nil {
					t.Errorf("sweep: %v", err)
				}
			}
		})
		workers.Wait()
		done.Store(true)
		sweeper.Wait()
		w.armed.Store(false)
		w.check(w.power.Changes())
		if err := w.close(); err != nil {
			t.Error(err)
		}
		if t.Logf("seed %d: %d changes, %d crashes", seed, w.power.Changes(), w.crashes); w.crashes < 20 {
			t.Errorf("only %d crashes", w.crashes)
		}
	})
}

// crashGrace is short on a clock that goes on by a millisecond with each look at it.
const crashGrace = 50 * time.Millisecond

// crashWorld is a store whose disks crash, and the model of what it holds.
type crashWorld struct {
	*testing.T
	seed    uint64
	power   crashdisk.Power
	disk    *crashdisk.Disk
	rows    *vfs.MemFS
	s       *objectstore.Store
	close   func() error
	buckets []objectstore.Bucket
	armed   atomic.Bool
	clock   atomic.Int64 // milliseconds
	crashes int
	odds    *rand.Rand // of a crash; used by who cuts the power

	mu   sync.Mutex
	keys map[crashName]*crashKey
}

type crashName struct{ bucket, key string }

// crashKey is what is known of a key. Only one worker changes it.
type crashKey struct {
	now    crashState
	next   *crashState // what the write under way makes of it
	upload *crashUpload
}

// crashState is all versions of a key, the newest first.
type crashState []crashVersion

type crashVersion struct {
	id      string // empty: not told, or null
	marker  bool
	content string
	tags    string
}

// String is what can be seen of it.
func (s crashState) String() string {
	var b strings.Builder
	for _, v := range s {
		if v.marker {
			b.WriteString("[marker]")
		} else {
			fmt.Fprintf(&b, "[%d bytes, MD5 %s, tags %q]", len(v.content), md5Hex(v.content), v.tags)
		}
	}
	return b.String()
}

// crashUpload is a multipart upload under way; adding and ending is what has not been acknowledged.
type crashUpload struct {
	objectstore.Upload
	parts  map[int]string
	adding int // number of a part; 0: none
	ending bool
}

func (u *crashUpload) clone() *crashUpload {
	if u == nil {
		return nil
	}
	c := *u
	c.parts = maps.Clone(u.parts)
	return &c
}

func (u *crashUpload) content() string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		b.WriteString(u.parts[n])
	}
	return b.String()
}

func newCrashWorld(t *testing.T, seed uint64) *crashWorld {
	w := &crashWorld{T: t, seed: seed, rows: vfs.NewCrashableMem(), odds: rand.New(rand.NewPCG(seed, 99)), keys: map[crashName]*crashKey{}}
	w.power.Cut = w.look
	w.disk = crashdisk.New(crashdisk.Config{Power: &w.power, Now: w.now})
	var err error
	if w.s, _, w.close, err = openCrashed(&powered{w.rows, &w.power}, w.disk, w.now); err != nil {
		t.Fatal(err)
	}
	w.buckets = []objectstore.Bucket{bucket(t, w.s, "single"), bucket(t, w.s, "versions")}
	setVersioning(t, w.s, w.buckets[1], objectstore.Enabled)
	if w.buckets[1], err = w.s.Bucket(t.Context(), "versions"); err != nil {
		t.Fatal(err)
	}
	// Not before: Pebble trusts that a synced new file has its name on disk too;
	// its file system in memory is meaner (see the crash tests of the engine).
	w.armed.Store(true)
	return w
}

// openCrashed opens a store on the disks of rows and blobs.
func openCrashed(rows vfs.FS, on disk.FS, now func() time.Time) (s *objectstore.Store, blobs blob.Store, closeAll func() error, err error) {
	var closers []func() error
	closeAll = func() error {
		var errs []error
		for _, c := range slices.Backward(closers) {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	db, err := pebble.Open(pebble.Config{Dir: "meta", FS: rows, CacheBytes: 1 << 20})
	if err != nil {
		return nil, nil, nil, err
	}
	closers = append(closers, db.Close)
	large, err := blobfile.Open(blobfile.Config{Dir: "blob", Disk: on, Now: now})
	if err != nil {
		return nil, nil, closeAll, err
	}
	closers = append(closers, large.Close)
	small, err := segment.Open(segment.Config{Dir: "segments", Disk: on, Now: now, Large: large, SegmentBytes: 200_000})
	if err != nil {
		return nil, nil, closeAll, err
	}
	closers = append(closers, small.Close)
	return objectstore.New(objectstore.Config{Rows: db, Blobs: small, Now: now, Grace: crashGrace, OrphanAge: time.Hour}), small, closeAll, nil
}

// now never returns a time twice.
func (w *crashWorld) now() time.Time {
	return time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC).Add(time.Duration(w.clock.Add(1)) * time.Millisecond)
}

// crashEvery is how many changes there are between crashes, on the average.
const crashEvery = 30

func (w *crashWorld) look(n int64) {
	if w.armed.Load() && !w.Failed() && w.odds.IntN(crashEvery) == 0 {
		w.check(n)
	}
}

// snapshot copies the model.
func (w *crashWorld) snapshot() map[crashName]crashKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := map[crashName]crashKey{}
	for name, k := range w.keys {
		keys[name] = crashKey{now: k.now, next: k.next, upload: k.upload.clone()}
	}
	return keys
}
