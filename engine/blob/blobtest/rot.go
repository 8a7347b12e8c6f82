package blobtest

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/internal/disk"
	"ossd/internal/disk/crashdisk"
)

// RunRot flips so many random bits of what a store has written, one at a time.
// Each is found by reading, with an error that names the blob, and never served;
// but those that belong to no blob, which are few and were zero.
func RunRot(t *testing.T, open OpenOn, flips int) {
	crashdisk.Runs(t, 1, func(t *testing.T, seed uint64) {
		r := newRot(t, open, seed)
		unseen := 0
		for range flips {
			name := r.files[pick(r.random, r.sizes)]
			if !r.flip(name) {
				unseen++
			}
			if t.Failed() {
				return
			}
		}
		if unseen*50 > flips {
			t.Errorf("%d of %d flips were in bytes of no blob: this test does not know where they are", unseen, flips)
		}
	})
}

// RunDamage removes, empties and cuts off each file of a store. What was in it
// is missed by name, the rest is served, and the store works on.
func RunDamage(t *testing.T, open OpenOn) {
	r := newRot(t, open, 1)
	for _, name := range r.files {
		for how, damage := range map[string]func(d *crashdisk.Disk) error{
			"removed": func(d *crashdisk.Disk) error { return d.Remove(name) },
			"emptied": func(d *crashdisk.Disk) error { return truncate(d, name, 0) },
			"cut off": func(d *crashdisk.Disk) error { return truncate(d, name, 50) },
		} {
			on := r.disk.Kill(crashdisk.Config{})
			if err := damage(on); err != nil {
				t.Fatal(err)
			}
			s, err := open(on, time.Now)
			if err != nil {
				t.Fatalf("%s is %s, and the store does not open: %v", name, how, err)
			}
			if bad := r.read(s); bad == 0 || bad == len(r.blobs) {
				t.Errorf("%s is %s: %d of %d blobs miss it", name, how, bad, len(r.blobs))
			}
			WantBytes(t, s, Put(t, s, worksOn), worksOn)
			if err := errors.Join(s.Walk(t.Context(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { return nil }), s.Close()); err != nil {
				t.Errorf("%s is %s: %v", name, how, err)
			}
		}
	}
}

// rot is a store and the files that it has written.
type rot struct {
	*testing.T
	open   OpenOn
	random *rand.Rand
	disk   *crashdisk.Disk
	store  blob.Store
	blobs  map[blob.Ref][]byte
	files  []string
	sizes  []int64
}

func newRot(t *testing.T, open OpenOn, seed uint64) *rot {
	r := &rot{T: t, open: open, random: rand.New(rand.NewPCG(seed, 0)), disk: crashdisk.New(crashdisk.Config{}), blobs: map[blob.Ref][]byte{}}
	var err error
	if r.store, err = open(r.disk, time.Now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.store.Close() })
	for _, size := range []int{0, 1, 100, 511, 4096, 9000, 65536, 65537, 150_000} {
		data := Random(size)
		r.blobs[Put(t, r.store, data)] = data
	}
	r.find(".")
	if len(r.files) == 0 {
		t.Fatal("there are no files")
	}
	return r
}

// find lists the files that hold blobs.
func (r *rot) find(dir string) {
	names, err := disk.ReadDir(r.disk, dir)
	if err != nil {
		r.Fatal(err)
	}
	for _, name := range names {
		full := path.Join(dir, name)
		info, err := r.disk.Stat(full)
		switch {
		case err != nil:
			r.Fatal(err)
		case info.IsDir():
			r.find(full)
		case name != "LOCK" && name != "FORMAT":
			r.files, r.sizes = append(r.files, full), append(r.sizes, info.Size())
		}
	}
}

// pick returns an index, each as often as its weight says.
func pick(random *rand.Rand, weights []int64) int {
	sum := int64(0)
	for _, w := range weights {
		sum += w
	}
	n := random.Int64N(sum)
	return slices.IndexFunc(weights, func(w int64) bool { n -= w; return n < 0 })
}

// flip flips a bit of a file and back, and tells whether that was noticed.
func (r *rot) flip(name string) (noticed bool) {
	r.Helper()
	f, err := r.disk.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		r.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	at := r.random.Int64N(r.sizes[slices.Index(r.files, name)])
	if _, err := f.ReadAt(b[:], at); err != nil {
		r.Fatal(err)
	}
	was, bit := b[0], byte(1)<<r.random.IntN(8)
	write := func(c byte) {
		if _, err := f.WriteAt([]byte{c}, at); err != nil {
			r.Fatal(err)
		}
	}
	write(was ^ bit)
	defer write(was)
	if r.read(r.store) > 0 {
		return true
	}
	// What says whose a whole file is may have been read when it was opened.
	s, err := r.open(r.disk.Kill(crashdisk.Config{}), time.Now)
	if err != nil {
		r.Fatal(err)
	}
	defer s.Close()
	if r.read(s) == 0 && was != 0 {
		r.Errorf("bit %08b of byte %d of %s was flipped, and nobody noticed", bit, at, name)
	}
	return was != 0
}

// read reads all blobs, and returns how many cannot be.
func (r *rot) read(s blob.Store) (bad int) {
	r.Helper()
	for _, ref := range slices.Sorted(maps.Keys(r.blobs)) {
		want := r.blobs[ref]
		err := same(s, ref, want)
		if err == nil {
			continue
		}
		if bad++; !errors.Is(err, blob.ErrCorrupt) && !errors.Is(err, blob.ErrNotFound) || !strings.Contains(err.Error(), string(ref)) {
			r.Errorf("%s: %v; want ErrCorrupt or ErrNotFound that names it", ref, err)
		}
		// A range that has nothing to do with it may be read still, but not wrongly.
		from := int64(r.random.IntN(len(want) + 1))
		n := int64(r.random.IntN(len(want) + 1 - int(from)))
		if got, err := read(s, ref, from, n, true); err == nil && !bytes.Equal(got, want[from:from+n]) {
			r.Errorf("%s: %d bytes from %d are wrong, and were served", ref, n, from)
		}
	}
	return bad
}

func truncate(d *crashdisk.Disk, name string, size int64) error {
	f, err := d.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}
