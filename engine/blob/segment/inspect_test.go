package segment

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/file"
)

// Looking changes nothing: Inspect leaves what Walk would clear away, and Size
// tells without reading whether a blob is there.
func TestInspect(t *testing.T) {
	dir := t.TempDir()
	large, err := file.Open(file.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	s := open(t, Config{Dir: dir, Large: large, Active: 1})
	small, dead, long := blobtest.Put(t, s, []byte("small")), blobtest.Put(t, s, []byte("dead")), blobtest.Put(t, s, make([]byte, MaxLimit+1))
	if err := s.Delete(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Config{Dir: dir, Large: large})
	for ref, want := range map[blob.Ref]int64{small: 5, long: MaxLimit + 1} {
		if n, err := s.Size(t.Context(), ref); n != want || err != nil {
			t.Errorf("%s has %d bytes, %v; want %d", ref, n, err, want)
		}
	}
	for _, ref := range []blob.Ref{dead, "s00000000000000010000004000000a", "x", "00000000000000000000000000000000"} {
		if _, err := s.Size(t.Context(), ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("size of %s: %v", ref, err)
		}
	}
	if where := s.Where(small); !strings.Contains(where, dir) || !strings.HasSuffix(where, ".seg at 64") {
		t.Errorf("small lies in %q", where)
	}
	inspect := func() (seen int) {
		if err := s.Inspect(t.Context(), time.Now().Add(time.Hour), func(blob.Ref, int64) error { seen++; return nil }); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	if n := inspect(); n != 2 {
		t.Errorf("inspected %d blobs", n)
	}
	if err := s.Delete(t.Context(), small); err != nil {
		t.Fatal(err)
	}
	inspect()
	if ids, _ := s.segments(); len(ids) != 1 {
		t.Errorf("after looking there are %d segments", len(ids))
	}
	must(t, s.Walk(t.Context(), time.Now(), func(blob.Ref, int64) error { return nil }))
	if ids, _ := s.segments(); len(ids) != 0 {
		t.Errorf("after tidying there are %d segments", len(ids))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
