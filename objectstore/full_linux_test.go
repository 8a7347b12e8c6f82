package objectstore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	blobfile "ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

// On a real file system that is full, puts are refused with StoreFull, all else
// goes on, and so do they when something has been deleted.
func TestFullFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=100m"); err != nil {
		t.Skipf("a small tmpfs cannot be mounted here (%v), as it can by root; the simulated disk is filled in the tests of the engines", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	const reserve = 50 << 20 // for the rows, whose log takes its room in advance
	now := time.Now()
	clock := func() time.Time { return now }
	rows, err := pebble.Open(pebble.Config{Dir: filepath.Join(dir, "meta"), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	large, err := blobfile.Open(blobfile.Config{Dir: filepath.Join(dir, "blob"), ReserveBytes: reserve, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	small, err := segment.Open(segment.Config{Dir: filepath.Join(dir, "segments"), Large: large, ReserveBytes: reserve, SegmentBytes: 1 << 20, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	s := objectstore.New(objectstore.Config{Rows: rows, Blobs: small, Now: clock, Grace: time.Minute})
	b := bucket(t, s, "demo")
	for _, size := range []int{100_000, 3_000_000} {
		text := strings.Repeat("x", size)
		fill := func() (n int) {
			for ; n < 1000; n++ {
				now = now.Add(time.Second) // what is free is asked once a second
				_, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: keyOf(n), Incoming: incoming(text)})
				if errors.Is(err, &objectstore.Error{Kind: objectstore.StoreFull}) {
					return n
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			t.Fatal("the file system does not fill")
			return n
		}
		first := fill()
		for n := range first {
			if got, _, ok, err := get(t.Context(), s, "demo", keyOf(n)); got != text || !ok || err != nil {
				t.Fatalf("%d of %d objects on a full file system: %t, %v", n, first, ok, err)
			}
			remove(t, s, b, objectstore.Deletion{Key: keyOf(n)})
		}
		now = now.Add(time.Hour)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first closes the last segments
			if _, err := s.PutObject(t.Context(), objectstore.Put{Bucket: b, Key: "one", Incoming: incoming("x")}); err != nil {
				t.Fatalf("put after %d objects were deleted: %v", first, err)
			}
		}
		if again := fill(); again*10 < first*8 {
			t.Errorf("%d objects of %d bytes fit the second time, %d the first", again, size, first)
		}
		for n := range first {
			remove(t, s, b, objectstore.Deletion{Key: keyOf(n)})
		}
		now = now.Add(48 * time.Hour)
		if _, err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func keyOf(n int) string { return fmt.Sprint("key", n) }
