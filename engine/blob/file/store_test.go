package file

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
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

// commit stores data as a blob.
func commit(t testing.TB, s blob.Store, data []byte) blob.Ref {
	t.Helper()
	w, err := s.Create(t.Context(), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ref
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
	ref := commit(t, s, []byte("x"))
	if want := blob.Ref("30313233343536373839616263646566"); ref != want {
		t.Errorf("reference %s, want %s", ref, want)
	}
	info, err := os.Stat(filepath.Join(dir, "30", string(ref)))
	if err != nil || info.Size() != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
}

func TestEqualIdsAreThrownAgain(t *testing.T) {
	same := strings.Repeat("s", 16)
	s := open(t, Config{Dir: t.TempDir(), Random: strings.NewReader(same + same + strings.Repeat("o", 16))})
	defer s.Close()
	first, second := commit(t, s, []byte("1")), commit(t, s, []byte("2"))
	if first == second {
		t.Errorf("two blobs are called %s", first)
	}
	if got := read(t, s, first); string(got) != "1" {
		t.Errorf("the first blob reads %q", got)
	}
}

func read(t testing.TB, s blob.Store, ref blob.Ref) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), ref, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
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
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	defer s.Close()
	const size = 100_000
	ref := commit(t, s, make([]byte, size))
	path, _ := s.path(ref)
	if err := os.Truncate(path, size-1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), ref, 0, size); err != io.ErrUnexpectedEOF {
		t.Errorf("Open of a truncated blob: %v", err)
	}
	// Truncated after it was opened: what is read as it goes notices, what was
	// read at once is whole.
	for left, want := range map[int64]error{90_000: io.ErrUnexpectedEOF, 1000: nil} {
		if err := os.Truncate(path, left); err != nil {
			t.Fatal(err)
		}
		whole, err := s.Open(t.Context(), ref, 0, left)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, left/2); err != nil {
			t.Fatal(err)
		}
		if n, err := whole.WriteTo(io.Discard); err != want || err == nil && n != left {
			t.Errorf("WriteTo of %d bytes that shrank: %d bytes, %v", left, n, err)
		}
		whole.Close()
	}
}

// recorder notes how it is written to.
type recorder struct {
	bytes.Buffer
	writes []int
	source io.Reader
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, len(p))
	return r.Buffer.Write(p)
}

func (r *recorder) ReadFrom(from io.Reader) (int64, error) {
	r.source = from
	return r.Buffer.ReadFrom(from)
}

func TestWriteToTakesTheCheapestWay(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	defer s.Close()
	ref := commit(t, s, make([]byte, 1<<20))
	for _, c := range []struct {
		length int64
		kernel bool
	}{{1, false}, {4096, false}, {sendfileMin - 1, false}, {sendfileMin, true}, {1 << 20, true}} {
		r, err := s.Open(t.Context(), ref, 0, c.length)
		if err != nil {
			t.Fatal(err)
		}
		var w recorder
		n, err := r.WriteTo(&w)
		if err != nil || n != c.length || int64(w.Len()) != c.length {
			t.Errorf("%d bytes: wrote %d (%d), %v", c.length, n, w.Len(), err)
		}
		limited, _ := w.source.(*io.LimitedReader)
		if !c.kernel && len(w.writes) != 1 {
			t.Errorf("%d bytes took %d writes, want one", c.length, len(w.writes))
		}
		if c.kernel && limited == nil {
			t.Errorf("%d bytes came from a %T, which the kernel cannot copy from", c.length, w.source)
		} else if c.kernel {
			if _, ok := limited.R.(*os.File); !ok {
				t.Errorf("%d bytes came from a limited %T, want an *os.File", c.length, limited.R)
			}
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
	read(t, s, commit(t, s, []byte("there is room again")))
}

// A sync that failed must not be tried again, and must leave no blob.
func TestFailedSync(t *testing.T) {
	broken := errors.New("disk is broken")
	syncs := 0
	fdatasync = func(*os.File) error { syncs++; return broken }
	defer func() { fdatasync = durable.Fdatasync }()

	s := open(t, Config{Dir: t.TempDir()})
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
	if found := files(t, s.root); len(found) != 0 {
		t.Errorf("the failed writer left %v", found)
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
	read(t, s, commit(t, s, []byte("elsewhere")))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWalkGoesByLastWrite(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	defer s.Close()
	ref := commit(t, s, []byte("x"))
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
