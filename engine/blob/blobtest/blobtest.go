// Package blobtest is the suite that every blob.Store passes, the trials of those
// that keep files (power failures, faults, rot, full disks), and a wrapper that
// makes one fail. It knows only the interface and the file system beneath: what
// an engine does beyond the one, or keeps on the other, the engine tests itself.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"ossd/engine/blob"
)

// Run runs the suite. open returns an empty store each time; Run closes it.
func Run(t *testing.T, open func(t testing.TB) blob.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s blob.Store)
	}{
		{"RoundTrip", testRoundTrip},
		{"Ranges", testRanges},
		{"ReadThenWriteTo", testReadThenWriteTo},
		{"UnknownRef", testUnknownRef},
		{"Delete", testDelete},
		{"DeleteWhileReading", testDeleteWhileReading},
		{"Abort", testAbort},
		{"EndedWriter", testEndedWriter},
		{"EndedContext", testEndedContext},
		{"Walk", testWalk},
		{"WalkStops", testWalkStops},
		{"Concurrent", testConcurrent},
		{"Import", testImport},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			c.run(t, s)
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// RunReopen tests an engine whose blobs outlive it: open opens the store in a
// directory, which is empty at first.
func RunReopen(t *testing.T, open func(t testing.TB, dir string) blob.Store) {
	dir := filepath.Join(t.TempDir(), "new", "store")
	want := map[blob.Ref][]byte{}
	for round := range 4 {
		s := open(t, dir)
		for ref, data := range want {
			WantBytes(t, s, ref, data)
		}
		for _, size := range []int{0, 1, 100_000} {
			data := Random(size)
			want[Put(t, s, data)] = data
		}
		gone := Put(t, s, []byte("gone"))
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if got := walk(t, s, time.Now().Add(time.Hour)); len(got) != len(want) {
			t.Errorf("round %d: %d blobs, want %d", round, len(got), len(want))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Random returns bytes that differ from call to call.
func Random(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	return data
}

// Put stores data as a blob, in pieces.
func Put(t testing.TB, s blob.Store, data []byte) blob.Ref {
	t.Helper()
	w, err := s.Create(t.Context(), int64(len(data)))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 30_000)
		if got, err := w.Write(rest[:n]); got != n || err != nil {
			t.Fatalf("Write: %d of %d bytes, %v", got, n, err)
		}
		rest = rest[n:]
	}
	ref, err := w.Commit(t.Context())
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	return ref
}

// read reads a range in one of two ways.
func read(s blob.Store, ref blob.Ref, offset, length int64, writeTo bool) ([]byte, error) {
	r, err := s.Open(context.Background(), ref, offset, length)
	if err != nil {
		return nil, err
	}
	if !writeTo {
		data, err := io.ReadAll(r)
		return data, errors.Join(err, r.Close())
	}
	var buf bytes.Buffer
	n, err := r.WriteTo(&buf)
	if n != int64(buf.Len()) {
		err = errors.Join(err, fmt.Errorf("WriteTo counts %d of %d bytes", n, buf.Len()))
	}
	return buf.Bytes(), errors.Join(err, r.Close())
}

// WantBytes reads a blob whole, in both ways.
func WantBytes(t testing.TB, s blob.Store, ref blob.Ref, want []byte) {
	t.Helper()
	for _, writeTo := range []bool{false, true} {
		got, err := read(s, ref, 0, -1, writeTo)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s (WriteTo %v): %d bytes, %v; want %d", ref, writeTo, len(got), err, len(want))
		}
	}
}

// Read returns a whole blob.
func Read(s blob.Store, ref blob.Ref) ([]byte, error) { return read(s, ref, 0, -1, false) }

func wantNone(t testing.TB, s blob.Store, ref blob.Ref) {
	t.Helper()
	if r, err := s.Open(t.Context(), ref, 0, -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open(%q) = %v, %v; want ErrNotFound", ref, r, err)
	}
}

func walk(t testing.TB, s blob.Store, olderThan time.Time) map[blob.Ref]int64 {
	t.Helper()
	found := map[blob.Ref]int64{}
	if err := s.Walk(t.Context(), olderThan, func(ref blob.Ref, size int64) error {
		if _, twice := found[ref]; twice {
			t.Errorf("Walk reported %s twice", ref)
		}
		found[ref] = size
		return nil
	}); err != nil {
		t.Fatalf("Walk: %v", err)
	}
	return found
}
