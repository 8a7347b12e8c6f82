package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/internal/disk/crashdisk"
	"ossd/internal/durable"
)

func openDir(t testing.TB, dir string) blob.Store { return open(t, Config{Dir: dir}) }

func open(t testing.TB, config Config) *Store {
	t.Helper()
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files returns the blobs' files, whatever the store thinks of them.
func files(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blob.Store { return openDir(t, t.TempDir()) })
}

func TestReopen(t *testing.T) { blobtest.RunReopen(t, openDir) }

func TestLayout(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, Random: strings.NewReader("0123456789abcdef")})
	defer s.Close()
	ref := blobtest.Put(t, s, []byte("123456789"))
	if want := blob.Ref("30313233343536373839616263646566.2"); ref != want {
		t.Errorf("reference %s, want %s", ref, want)
	}
	path := filepath.Join(dir, "30", string(ref))
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
	// A blob that is written must be readable for ever: the bytes are fixed here.
	if got, err := os.ReadFile(path); err != nil || string(got) != "123456789\xfb\x7e\x70\x71" {
		t.Errorf("file holds %q, %v", got, err)
	}
}

// What was written before there were checksums is read on.
func TestOldLayout(t *testing.T) {
	const ref = "30313233343536373839616263646566"
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "30"), 0o700); err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("old "), 50_000)
	for name, content := range map[string][]byte{"FORMAT": []byte("ossd blob files 1\n"), "30/" + ref: data} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Config{Dir: dir})
	defer s.Close()
	blobtest.WantBytes(t, s, ref, data)
	if _, err := s.Open(t.Context(), ref, 1, int64(len(data))); err != io.ErrUnexpectedEOF {
		t.Errorf("range behind the end: %v", err)
	}
	found := map[blob.Ref]int64{}
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, size int64) error { found[ref] = size; return nil }); err != nil || found[ref] != int64(len(data)) {
		t.Errorf("Walk: %v, %v", found, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "FORMAT")); err != nil || string(got) != layout {
		t.Errorf("the directory is marked %q, %v: an older program would open it", got, err)
	}
	if err := s.Delete(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), ref, 0, -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
}

func TestLengths(t *testing.T) {
	for _, c := range []struct{ length, size int64 }{
		{0, 4}, {1, 5}, {frame - 1, frame + 3}, {frame, frame + 4}, {frame + 1, frame + 9}, {2 * frame, 2*frame + 8}, {5 << 30, 5<<30 + 4*81920},
	} {
		if got := storedSize(c.length); got != c.size {
			t.Errorf("a blob of %d bytes takes %d, want %d", c.length, got, c.size)
		}
		if got, ok := blobLength(c.size); !ok || got != c.length {
			t.Errorf("a file of %d bytes holds %d, %t, want %d", c.size, got, ok, c.length)
		}
	}
	for _, size := range []int64{0, 1, 3, frame + 5, frame + 8, 2*frame + 9} {
		if got, ok := blobLength(size); ok {
			t.Errorf("a file of %d bytes holds %d", size, got)
		}
	}
}

func TestEqualIdsAreThrownAgain(t *testing.T) {
	same := strings.Repeat("s", 16)
	s := open(t, Config{Dir: t.TempDir(), Random: strings.NewReader(same + same + strings.Repeat("o", 16))})
	defer s.Close()
	first, second := blobtest.Put(t, s, []byte("1")), blobtest.Put(t, s, []byte("2"))
	if first == second {
		t.Errorf("two blobs are called %s", first)
	}
	blobtest.WantBytes(t, s, first, []byte("1"))
}

func TestDirectoryOpensOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	_, err := Open(Config{Dir: dir})
	if !errors.Is(err, durable.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second Open: %v, want ErrLocked naming %s", err, dir)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, Config{Dir: dir}).Close(); err != nil {
		t.Error(err)
	}
}

func TestForeignLayoutIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("something else 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "something else 7") {
		t.Errorf("Open: %v, want an error that shows the foreign format", err)
	}
}

func TestTruncationIsNoticed(t *testing.T) {
	const size = 3 * frame
	s := open(t, Config{Dir: t.TempDir()})
	defer s.Close()
	for _, left := range []int64{0, 1, 4, frame, frame + 4, size, storedSize(size) - 1} {
		ref := blobtest.Put(t, s, bytes.Repeat([]byte("x"), size))
		path, _ := s.path(ref)
		opened, err := s.Open(t.Context(), ref, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, left); err != nil {
			t.Fatal(err)
		}
		if n, err := opened.WriteTo(io.Discard); !errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("cut off to %d after it was opened: wrote %d bytes, %v", left, n, err)
		}
		opened.Close()
		for _, length := range []int64{size, -1} {
			r, err := s.Open(t.Context(), ref, 0, length)
			if err == nil {
				_, err = r.WriteTo(io.Discard)
				r.Close()
			}
			if !errors.Is(err, blob.ErrCorrupt) || !strings.Contains(err.Error(), string(ref)) {
				t.Errorf("cut off to %d: reading %d bytes gives %v, want ErrCorrupt that names the file", left, length, err)
			}
		}
	}
}

// sizes notes how it is written to.
type sizes []int

func (s *sizes) Write(p []byte) (int, error) {
	*s = append(*s, len(p))
	return len(p), nil
}

// A response's head and body can share a packet, and no reader holds more than a window.
func TestWriteToWritesWindows(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	defer s.Close()
	ref := blobtest.Put(t, s, make([]byte, 1<<20))
	for _, c := range []struct {
		offset, length int64
		want           sizes
	}{
		{0, 1, sizes{1}}, {frame - 1, 2, sizes{2}}, {0, window, sizes{window}}, {1, window, sizes{window - 1, 1}},
		{0, 1 << 20, slices.Repeat(sizes{window}, 1<<20/window)}, {0, 0, nil},
	} {
		r, err := s.Open(t.Context(), ref, c.offset, c.length)
		if err != nil {
			t.Fatal(err)
		}
		var got sizes
		if n, err := r.WriteTo(&got); err != nil || n != c.length || !slices.Equal(got, c.want) {
			t.Errorf("%d bytes from %d: wrote %v (%d), %v; want %v", c.length, c.offset, got, n, err, c.want)
		}
		r.Close()
	}
}

func TestReserve(t *testing.T) {
	now, free := time.Unix(0, 0), int64(1100)
	s := open(t, Config{Dir: t.TempDir(), ReserveBytes: 1000, Now: func() time.Time { return now }})
	defer s.Close()
	s.space.Ask(func() (int64, error) { return free, nil })

	if _, err := s.Create(t.Context(), 101); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Create that would touch the reserve: %v", err)
	}
	w, err := s.Create(t.Context(), -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 100)); err != nil {
		t.Errorf("Write of what is free: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Write into the reserve: %v", err)
	}
	free = 5000
	if _, err := s.Create(t.Context(), 1); !errors.Is(err, blob.ErrFull) {
		t.Errorf("the system was asked again at once: %v", err)
	}
	now = now.Add(time.Second)
	if _, err := w.Write([]byte("x")); !errors.Is(err, blob.ErrFull) {
		t.Errorf("a writer went on after a refused Write: %v", err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Commit of a blob that lacks bytes: %v", err)
	}
	if found := files(t, s.root); len(found) != 0 {
		t.Errorf("the failed writer left %v", found)
	}
	blobtest.WantBytes(t, s, blobtest.Put(t, s, []byte("there is room again")), []byte("there is room again"))
}

// A sync that failed must not be tried again, and must leave no blob.
func TestFailedSync(t *testing.T) {
	broken := errors.New("disk is broken")
	syncs := 0
	s := open(t, Config{Dir: "blobs", Disk: crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, _ string) (before, after error) {
		if op != crashdisk.Datasync {
			return nil, nil
		}
		syncs++
		return broken, nil
	}})})
	defer s.Close()
	w, err := s.Create(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if ref, err := w.Commit(t.Context()); !errors.Is(err, broken) || ref != "" {
		t.Errorf("Commit on a broken disk: %q, %v", ref, err)
	}
	if _, err := w.Commit(t.Context()); err == nil {
		t.Error("a failed Commit could be repeated")
	}
	if syncs != 1 {
		t.Errorf("synced %d times, want once", syncs)
	}
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error {
		return fmt.Errorf("the failed writer left %s", ref)
	}); err != nil {
		t.Error(err)
	}
}

// A directory whose sync failed takes no blobs any more; the others do.
func TestFailedDirectorySync(t *testing.T) {
	ids := strings.Repeat("a", 16) + "a" + strings.Repeat("b", 15) + strings.Repeat("c", 16)
	s := open(t, Config{Dir: t.TempDir(), Random: strings.NewReader(ids)})
	broken := errors.New("directory is broken")
	calls := 0
	s.dirs['a'].Group = durable.NewGroup(func() error { calls++; return broken })
	for range 2 {
		w, err := s.Create(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(t.Context()); !errors.Is(err, broken) {
			t.Errorf("Commit: %v, want %v", err, broken)
		}
	}
	if calls != 1 {
		t.Errorf("the directory was synced %d times, want no second attempt", calls)
	}
	blobtest.WantBytes(t, s, blobtest.Put(t, s, []byte("elsewhere")), []byte("elsewhere"))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWalkGoesByLastWrite(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	defer s.Close()
	ref := blobtest.Put(t, s, []byte("x"))
	path, _ := s.path(ref)
	if err := os.WriteFile(path+".tmp", nil, 0o600); err != nil { // not ours
		t.Fatal(err)
	}
	written := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	for _, p := range []string{path, path + ".tmp"} {
		if err := os.Chtimes(p, written, written); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		olderThan time.Time
		want      int
	}{{written, 0}, {written.Add(time.Second), 1}} {
		found := 0
		if err := s.Walk(t.Context(), c.olderThan, func(got blob.Ref, _ int64) error {
			if found++; got != ref {
				t.Errorf("Walk reported %s", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if found != c.want {
			t.Errorf("older than %v: found %d, want %d", c.olderThan, found, c.want)
		}
	}
}
