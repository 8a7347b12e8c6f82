package blobtest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
)

// foreign are names as other engines choose them: for a blob in a segment, for
// files of both layouts, and the longest that there may be.
var foreign = []blob.Ref{
	"s00000000000000010000100000012c",
	"0123456789abcdef0123456789abcdef",
	"0123456789abcdef0123456789abcdef.2",
	blob.Ref(strings.Repeat("z", 64)),
}

// testImport runs where a store is an Importer; the others have nothing to fail at.
func testImport(t *testing.T, s blob.Store) {
	into, ok := s.(blob.Importer)
	if !ok {
		return
	}
	want := map[blob.Ref][]byte{}
	for i, ref := range foreign {
		for _, size := range []int{70_000, i * 65536} { // the second replaces the first
			want[ref] = Random(size)
			importBytes(t, into, ref, want[ref])
		}
	}
	own := Random(100)
	want[Put(t, s, own)] = own
	for ref, data := range want {
		WantBytes(t, s, ref, data)
		if size, err := blob.Inspect(s).Size(t.Context(), ref); err != nil || size != int64(len(data)) {
			t.Errorf("Size(%q) = %d, %v; want %d", ref, size, err, len(data))
		}
	}
	found := walk(t, s, time.Now().Add(time.Hour))
	for ref := range want {
		if _, ok := found[ref]; !ok {
			t.Errorf("Walk does not report %q", ref)
		}
	}
	if len(found) != len(want) {
		t.Errorf("Walk reports %d blobs, want %d", len(found), len(want))
	}

	aborted := blob.Ref("aborted")
	w, err := into.Import(t.Context(), aborted, -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("never")); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	wantNone(t, s, aborted)
	for ref := range want {
		if err := s.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		wantNone(t, s, ref)
	}
	for _, ref := range []blob.Ref{"", "two words", "a\x00b", "é", blob.Ref(strings.Repeat("z", 65)), "../up", "a/b", Put(t, s, own)} {
		if w, err := into.Import(t.Context(), ref, 0); err == nil {
			w.Abort()
			t.Errorf("a blob could be imported as %q", ref)
		}
	}
}

func importBytes(t testing.TB, s blob.Importer, ref blob.Ref, data []byte) {
	t.Helper()
	w, err := s.Import(t.Context(), ref, int64(len(data)))
	if err != nil {
		t.Fatalf("Import(%q): %v", ref, err)
	}
	if n, err := bytes.NewReader(data).WriteTo(w); n != int64(len(data)) || err != nil {
		t.Fatalf("Write: %d of %d bytes, %v", n, len(data), err)
	}
	if got, err := w.Commit(t.Context()); got != ref || err != nil {
		t.Fatalf("Commit of %q: %q, %v", ref, got, err)
	}
}
