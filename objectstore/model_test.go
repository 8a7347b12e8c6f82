package objectstore_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	blobfile "ossd/engine/blob/file"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

var replay = flag.Uint64("seed", 0, "seed of the run of TestModel that is to be repeated")

// Random operations agree with a model that keeps a list of versions a key.
// What a run does depends on its seed alone, which a failure prints:
//
//	go test ./objectstore -run TestModel/pebble -seed 123
func TestModel(t *testing.T) {
	for _, c := range []struct {
		name        string
		runs, steps int
		engines     func(t *testing.T) []engines
	}{
		{"memory", 6, 2500, alone(strictRows, memoryBlobs)},
		{"pebble", 2, 1500, alone(pebbleRows, memoryBlobs)},
		{"files", 1, 700, alone(strictRows, fileBlobs)},
		{"pebble and files", 1, 700, alone(pebbleRows, fileBlobs)},
		{"shared", 1, 700 * *sharedFactor, shared},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seed := *replay
			if seed == 0 {
				seed = uint64(time.Now().UnixNano())
			} else {
				c.runs = 1
			}
			for run := range uint64(c.runs) {
				runModel(t, seed+run, c.steps, c.engines(t))
			}
		})
	}
}

// strictRows also runs every transaction twice.
func strictRows(*testing.T) meta.Store {
	return metamemory.Open(metamemory.Config{RunTwice: true})
}

func memoryBlobs(*testing.T) blob.Store { return blobmemory.New() }

func pebbleRows(t *testing.T) meta.Store {
	rows, err := pebble.Open(pebble.Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	return rows
}

func fileBlobs(t *testing.T) blob.Store {
	blobs, err := blobfile.Open(blobfile.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs
}

// world is a store, or several that share what they store, the model of what it holds, and
// the chance that rules them.
type world struct {
	*testing.T
	seed   uint64
	random *rand.Rand
	stores []*objectstore.Store // of what is stored once
	s      *objectstore.Store   // the one whose turn it is
	rows   meta.Store
	blobs  blob.Store
	now    time.Time

	deeds   []deed
	buckets []*modelBucket
	uploads []*modelUpload // under way, in the order of their initiation
	ended   []*modelUpload // some that are not
	ids     map[string]bool
	serial  int
	keys    []string
	readers []openReader
	trace   []string

	changing bool // in the middle of listWhileChanging
}

const (
	modelGrace     = time.Minute
	modelUploadAge = 12 * time.Hour
)

func runModel(t *testing.T, seed uint64, steps int, on []engines) {
	w := &world{
		T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 0)), rows: on[0].rows, blobs: on[0].blobs,
		now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), ids: map[string]bool{}, deeds: deeds(),
	}
	var key [32]byte
	key[0] = byte(seed)
	random := rand.NewChaCha8(key)
	for _, e := range on {
		w.stores = append(w.stores, objectstore.New(objectstore.Config{
			Rows: e.rows, Blobs: e.blobs, Now: func() time.Time { return w.now }, Random: random,
			Grace: modelGrace, UploadAge: modelUploadAge,
		}))
	}
	w.s = w.stores[0]
	for _, name := range []string{"one", "two"} {
		w.buckets = append(w.buckets, &modelBucket{Bucket: bucket(t, w.s, name), keys: map[string][]*version{}})
	}
	w.chooseKeys()
	for range steps {
		w.step()
	}
	w.finish()
}

// keyParts are awkward: the zero byte, since rows end keys with it, the
// delimiters, and what is neither ASCII nor printed.
var keyParts = []string{"a", "a", "b", "/", "//", "..", "蓝", "\x00", "\x00", "\x7f", "z", "\U0010ffff"}

// chooseKeys takes few keys, so that they meet, and of one stem, so that many
// are the beginnings of others.
func (w *world) chooseKeys() {
	w.keys = []string{"a", "a\x00", "a\x00\x00", "a/", "a/b", "a//b", "b"}
	for len(w.keys) < 20 {
		var key strings.Builder
		for range 1 + w.random.IntN(4) {
			key.WriteString(pick(w, keyParts))
		}
		if objectstore.CheckKey("one", key.String()) == nil {
			w.keys = append(w.keys, key.String())
		}
	}
}

func pick[T any](w *world, from []T) T { return from[w.random.IntN(len(from))] }

func (w *world) oneIn(n int) bool { return w.random.IntN(n) == 0 }

// deed is something that a step may do, and how often it does.
type deed struct {
	weight int
	do     func(*world)
}

func deeds() []deed {
	return []deed{
		{16, (*world).put}, {10, (*world).append}, {4, (*world).putSymlink}, {10, (*world).copy},
		{7, (*world).delete}, {9, (*world).deleteVersion}, {3, (*world).deleteBatch},
		{3, (*world).setACL}, {3, (*world).setTags}, {4, (*world).restore},
		{5, (*world).initiate}, {11, (*world).putPart}, {4, (*world).copyPart}, {8, (*world).complete}, {2, (*world).abort},
		{12, (*world).find}, {3, (*world).openReader}, {4, (*world).readOn},
		{3, (*world).listObjects}, {4, (*world).listVersions}, {3, (*world).listUploads}, {3, (*world).listParts},
		{4, (*world).listWhileChanging}, {1, (*world).stat},
		{6, (*world).wait}, {3, (*world).sweep}, {1, (*world).setVersioning}, {1, (*world).deleteFullBucket},
	}
}

func (w *world) step() {
	total := 0
	for _, d := range w.deeds {
		total += d.weight
	}
	n := w.random.IntN(total)
	for _, d := range w.deeds {
		if n -= d.weight; n < 0 {
			w.s = pick(w, w.stores)
			d.do(w)
			return
		}
	}
}

// did remembers what was done, for the report of a failure.
func (w *world) did(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

func (w *world) fail(format string, args ...any) {
	w.Helper()
	last := w.trace[max(0, len(w.trace)-40):]
	w.Fatalf("seed %d, step %d: %s\nafter\n\t%s", w.seed, len(w.trace), fmt.Sprintf(format, args...), strings.Join(last, "\n\t"))
}

// refused compares an error with what the model expects, and tells whether it is one.
func (w *world) refused(err error, want objectstore.Kind) bool {
	w.Helper()
	var got objectstore.Kind
	var rule *objectstore.Error
	if errors.As(err, &rule) {
		got = rule.Kind
	}
	if got != want || err != nil && got == 0 {
		w.fail("got %v, want %v", err, want)
	}
	return want != 0
}

// must ends the test for an error that no model expects.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.fail("%v", err)
	}
}

// wait moves the clock: on, or a little back, or not at all.
func (w *world) wait() {
	switch w.random.IntN(8) {
	case 0:
		w.now = w.now.Add(-time.Duration(w.random.IntN(3000)) * time.Millisecond)
	case 1, 2, 3:
		w.now = w.now.Add(time.Duration(w.random.IntN(1000)) * time.Nanosecond)
	case 4, 5, 6:
		w.now = w.now.Add(time.Duration(w.random.IntN(30_000)) * time.Millisecond)
	case 7:
		w.now = w.now.Add(time.Duration(w.random.IntN(72)) * time.Hour)
	}
	w.did("it is %v", w.now)
}

func (w *world) sweep() {
	if w.oneIn(2) {
		w.now = w.now.Add(modelGrace + time.Second)
	}
	got, err := w.s.Sweep(w.Context())
	w.did("sweep at %v: %+v", w.now, got)
	w.must(err)
	aborted := w.abandon(w.now.Add(-modelUploadAge))
	if got.Uploads != aborted || got.Orphans != 0 {
		w.fail("swept %+v, want %d uploads and no orphans", got, aborted)
	}
}
