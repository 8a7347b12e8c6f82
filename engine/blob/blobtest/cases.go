package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/engine/blob"
)

func testRoundTrip(t *testing.T, s blob.Store) {
	seen := map[blob.Ref]bool{}
	for _, size := range []int{0, 1, 4095, 4096, 65535, 65536, 65537, 1 << 20, 3<<20 + 1} {
		data := Random(size)
		ref := Put(t, s, data)
		WantBytes(t, s, ref, data)
		if seen[ref] || len(ref) == 0 || len(ref) > 64 || strings.ContainsFunc(string(ref), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("reference %q is not 1 to 64 printable bytes, or was used before", ref)
		}
		seen[ref] = true
	}
	// The hint may be wrong either way.
	for _, hint := range []int64{-1, 0, 1, 1 << 20} {
		w, err := s.Create(t.Context(), hint)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		ref, err := w.Commit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		WantBytes(t, s, ref, []byte("hello"))
	}
}

func testRanges(t *testing.T, s blob.Store) {
	for _, size := range []int64{10, 200_000} {
		data := Random(int(size))
		ref := Put(t, s, data)
		for _, c := range []struct{ offset, length int64 }{
			{0, 0}, {0, 1}, {0, size}, {1, -1}, {size, 0}, {size, -1}, {size - 1, 1}, {3, 4}, {size / 2, size / 4}, {1, size - 1},
		} {
			end := c.offset + c.length
			if c.length < 0 {
				end = size
			}
			for _, writeTo := range []bool{false, true} {
				got, err := read(s, ref, c.offset, c.length, writeTo)
				if err != nil || !bytes.Equal(got, data[c.offset:end]) {
					t.Errorf("%d of %d bytes from %d: got %d, %v", c.length, size, c.offset, len(got), err)
				}
			}
		}
		for _, c := range []struct{ offset, length int64 }{
			{0, size + 1}, {size, 1}, {size + 1, 0}, {size + 1, -1}, {1, size}, {1 << 62, 1 << 62}, {1, 1<<63 - 1},
		} {
			for _, writeTo := range []bool{false, true} {
				if got, err := read(s, ref, c.offset, c.length, writeTo); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%d of %d bytes from %d: got %d, %v; want io.ErrUnexpectedEOF", c.length, size, c.offset, len(got), err)
				}
			}
		}
		for _, c := range []struct{ offset, length int64 }{{-1, 1}, {0, -2}} {
			if got, err := read(s, ref, c.offset, c.length, false); err == nil {
				t.Errorf("range %d, %d gave %d bytes", c.offset, c.length, len(got))
			}
		}
	}
}

func testReadThenWriteTo(t *testing.T, s blob.Store) {
	data := Random(300_000)
	ref := Put(t, s, data)
	for _, head := range []int{1, 512, 299_000, 300_000} {
		r, err := s.Open(t.Context(), ref, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, head)
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatal(err)
		}
		var rest bytes.Buffer
		if _, err := r.WriteTo(&rest); err != nil {
			t.Errorf("WriteTo after %d bytes: %v", head, err)
		}
		if !bytes.Equal(append(got, rest.Bytes()...), data) {
			t.Errorf("reading %d bytes and writing the rest gives other bytes", head)
		}
		if n, err := r.Read(got); n != 0 || err != io.EOF {
			t.Errorf("Read at the end: %d, %v; want io.EOF", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testUnknownRef(t *testing.T, s blob.Store) {
	for _, ref := range []blob.Ref{"", "x", "..", "../../etc/passwd", "/etc/passwd", blob.Ref(strings.Repeat("0", 32)), blob.Ref(strings.Repeat("a", 5000))} {
		wantNone(t, s, ref)
		if err := s.Delete(t.Context(), ref); err != nil {
			t.Errorf("Delete(%.40q): %v", ref, err)
		}
	}
}

func testDelete(t *testing.T, s blob.Store) {
	gone, kept := Put(t, s, []byte("gone")), Put(t, s, []byte("kept"))
	for range 2 {
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	wantNone(t, s, gone)
	WantBytes(t, s, kept, []byte("kept"))
}

func testDeleteWhileReading(t *testing.T, s blob.Store) {
	data := Random(200_000)
	ref := Put(t, s, data)
	r, err := s.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("a deleted blob reads %d of %d bytes to its reader, %v", len(got), len(data), err)
	}
}

func testAbort(t *testing.T, s blob.Store) {
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("dropped")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Abort(); err != nil {
			t.Errorf("Abort: %v", err)
		}
	}
	if found := walk(t, s, time.Now().Add(time.Hour)); len(found) != 0 {
		t.Errorf("an aborted writer left %v", found)
	}
}

func testEndedWriter(t *testing.T, s blob.Store) {
	w, err := s.Create(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("a committed writer accepted bytes")
	}
	if _, err := w.Commit(t.Context()); err == nil {
		t.Error("a writer was committed twice")
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	WantBytes(t, s, ref, []byte("abc"))
}

func testEndedContext(t *testing.T, s blob.Store) {
	ref := Put(t, s, []byte("there"))
	w, err := s.Create(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, commitErr := w.Commit(ctx)
	_, createErr := s.Create(ctx, 1)
	_, openErr := s.Open(ctx, ref, 0, -1)
	for name, err := range map[string]error{
		"Commit": commitErr, "Create": createErr, "Open": openErr, "Delete": s.Delete(ctx, ref),
		"Walk": s.Walk(ctx, time.Now().Add(time.Hour), func(blob.Ref, int64) error { return nil }),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s under an ended context: %v", name, err)
		}
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after a failed Commit: %v", err)
	}
	if found := walk(t, s, time.Now().Add(time.Hour)); len(found) != 1 {
		t.Errorf("found %v, want only the blob that was committed", found)
	}
}

func testWalk(t *testing.T, s blob.Store) {
	want := map[blob.Ref]int64{}
	for size := range 20 {
		want[Put(t, s, Random(size))] = int64(size)
	}
	unfinished, err := s.Create(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	defer unfinished.Abort()
	if _, err := unfinished.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if found := walk(t, s, time.Now().Add(time.Hour)); fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if found := walk(t, s, time.Now().Add(-time.Hour)); len(found) != 0 {
		t.Errorf("found %v, which is too young", found)
	}
	// A sweep deletes what it is shown.
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error {
		return s.Delete(t.Context(), ref)
	}); err != nil {
		t.Fatal(err)
	}
	if found := walk(t, s, time.Now().Add(time.Hour)); len(found) != 0 {
		t.Errorf("after the sweep: %v", found)
	}
	// It must not have touched the one that is being written.
	ref, err := unfinished.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	WantBytes(t, s, ref, []byte("half"))
}

func testWalkStops(t *testing.T, s blob.Store) {
	for range 5 {
		Put(t, s, nil)
	}
	enough := errors.New("enough")
	calls := 0
	err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { calls++; return enough })
	if err != enough || calls != 1 {
		t.Errorf("Walk went on for %d calls and returned %v", calls, err)
	}
}

func testConcurrent(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 10 {
				data := Random(1000)
				ref := Put(t, s, data)
				WantBytes(t, s, ref, data)
				if data[0] < 128 {
					if err := s.Delete(t.Context(), ref); err != nil {
						t.Error(err)
					}
					wantNone(t, s, ref)
				}
			}
		})
	}
	wg.Wait()
}
