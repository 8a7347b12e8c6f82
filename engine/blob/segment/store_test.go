package segment

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	"ossd/engine/blob/memory"
	"ossd/internal/disk/crashdisk"
)

// open opens a store whose longer blobs are in memory, unless c says otherwise.
func open(t testing.TB, c Config) *Store {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	if c.Large == nil {
		c.Large = memory.New()
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func walk(t testing.TB, s blob.Store) (refs []blob.Ref) {
	t.Helper()
	if err := s.Walk(t.Context(), time.Now().Add(time.Hour), func(ref blob.Ref, _ int64) error { refs = append(refs, ref); return nil }); err != nil {
		t.Fatal(err)
	}
	return refs
}

func segments(t testing.TB, s *Store) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Dir, "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSuite(t *testing.T) {
	for name, c := range map[string]Config{"plain": {}, "small segments": {SegmentBytes: 1 << 16, OpenSegments: 2}, "low limit": {Limit: 100, Active: 1}} {
		t.Run(name, func(t *testing.T) {
			blobtest.Run(t, func(t testing.TB) blob.Store {
				return open(t, Config{Limit: c.Limit, SegmentBytes: c.SegmentBytes, OpenSegments: c.OpenSegments, Active: c.Active})
			})
		})
	}
}

func TestReopen(t *testing.T) {
	large := memory.New()
	blobtest.RunReopen(t, func(t testing.TB, dir string) blob.Store { return open(t, Config{Dir: dir, Large: large}) })
}

// Blobs go where their length says, whatever was announced.
func TestLimit(t *testing.T) {
	large := memory.New()
	s := open(t, Config{Limit: 1000, Large: large})
	for _, hint := range []int64{-1, 0, 1000, 1001, 1 << 40} {
		for _, size := range []int{0, 999, 1000, 1001, 5000} {
			data := blobtest.Random(size)
			w, err := s.Create(t.Context(), hint)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range [][]byte{data[:size/2], data[size/2:]} {
				if _, err := w.Write(part); err != nil {
					t.Fatal(err)
				}
			}
			ref, err := w.Commit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			blobtest.WantBytes(t, s, ref, data)
			_, here := parseRef(ref)
			if want := size <= 1000 && hint <= 1000; here != want {
				t.Errorf("%d bytes, announced as %d, are kept here: %t", size, hint, here)
			}
		}
	}
	for _, c := range []Config{{Limit: MaxLimit + 1}, {Limit: -1}, {SegmentBytes: 1 << 40}, {SegmentBytes: segmentHeader}} {
		c.Dir, c.Large = t.TempDir(), large
		if s, err := Open(c); err == nil {
			s.Close()
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestDirectoryIsLockedAndMarked(t *testing.T) {
	s := open(t, Config{})
	if second, err := Open(Config{Dir: s.Dir, Large: memory.New()}); err == nil {
		second.Close()
		t.Error("a directory was opened twice")
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "FORMAT"), []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if other, err := Open(Config{Dir: foreign, Large: memory.New()}); err == nil {
		other.Close()
		t.Error("a foreign directory was opened")
	}
}

// Every flipped bit of a record, header and data alike, is noticed by whoever
// reads the bytes that it is in, or the header.
func TestRotOfARecord(t *testing.T) {
	s := open(t, Config{Active: 1})
	data := blobtest.Random(frame + 1000)
	ref := blobtest.Put(t, s, data)
	p, _ := parseRef(ref)
	f, err := os.OpenFile(segmentPath(s.Dir, p.segment), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var places []int64
	for at := range int64(recordHeader) {
		places = append(places, at)
	}
	for range 300 {
		places = append(places, recordHeader+rand.Int64N(int64(len(data))))
	}
	for _, at := range places {
		bit := byte(1) << rand.IntN(8)
		var b [1]byte
		flip := func() {
			if _, err := f.ReadAt(b[:], p.offset+at); err != nil {
				t.Fatal(err)
			}
			b[0] ^= bit
			if _, err := f.WriteAt(b[:], p.offset+at); err != nil {
				t.Fatal(err)
			}
		}
		flip()
		if got, err := blobtest.Read(s, ref); !errors.Is(err, blob.ErrCorrupt) {
			t.Fatalf("bit %08b of byte %d flipped: %d bytes, %v", bit, at, len(got), err)
		}
		// The second frame does not suffer from the first.
		r, err := s.Open(t.Context(), ref, frame, 100)
		if inFirst := at >= recordHeader && at < recordHeader+frame; (err == nil) != inFirst {
			t.Fatalf("bit of byte %d flipped: the second frame gives %v", at, err)
		}
		if err == nil {
			r.Close()
		}
		flip()
	}
	blobtest.WantBytes(t, s, ref, data)
}

// Segments are filled one after the other and, when nothing lives in them any
// more, removed.
func TestSegmentsComeAndGo(t *testing.T) {
	s := open(t, Config{SegmentBytes: 10_000, Active: 1, OpenSegments: 1})
	data := map[blob.Ref][]byte{}
	var refs []blob.Ref
	for range 50 {
		b := blobtest.Random(900)
		ref := blobtest.Put(t, s, b)
		refs, data[ref] = append(refs, ref), b
	}
	if n := len(segments(t, s)); n < 5 {
		t.Fatalf("%d segments", n)
	}
	for _, ref := range refs {
		blobtest.WantBytes(t, s, ref, data[ref])
	}
	for _, ref := range refs[1:] {
		if err := s.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	if left := walk(t, s); !slices.Equal(left, refs[:1]) {
		t.Errorf("walk shows %v, want %v", left, refs[:1])
	}
	if n := len(segments(t, s)); n > 2 {
		t.Errorf("%d segments are left, want the first and the active one", n)
	}
	blobtest.WantBytes(t, s, refs[0], data[refs[0]])
	for _, ref := range refs[1:] {
		if _, err := blobtest.Read(s, ref); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("deleted %s: %v", ref, err)
		}
	}
}

// blocks is what a file takes on the disk, in bytes.
func blocks(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

// The space of what was deleted comes back although others live beside it, and
// those stay what they are, also for later scans.
func TestHoles(t *testing.T) {
	dir := t.TempDir()
	var kept []blob.Ref
	data := map[blob.Ref][]byte{}
	s := open(t, Config{Dir: dir, Active: 1})
	for i := range 200 {
		b := blobtest.Random(6000)
		ref := blobtest.Put(t, s, b)
		if i%20 == 0 {
			kept, data[ref] = append(kept, ref), b
		} else if err := s.Delete(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		s = open(t, Config{Dir: dir, Active: 1})
		before := blocks(t, segments(t, s)[0])
		if left := walk(t, s); !slices.Equal(left, kept) {
			t.Fatalf("round %d: walk shows %d blobs, want %d", round, len(left), len(kept))
		}
		after := blocks(t, segments(t, s)[0])
		if round == 0 && (before < 1_000_000 || after > 300_000) {
			t.Errorf("%d of %d bytes are still taken by %d blobs of 6000", after, before, len(kept))
		}
		for _, ref := range kept {
			blobtest.WantBytes(t, s, ref, data[ref])
		}
		// What dies between two gaps joins them.
		if err := s.Delete(t.Context(), kept[1]); err != nil {
			t.Fatal(err)
		}
		kept = append(kept[:1], kept[2:]...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A segment whose end was torn is removed like any other, but not one in whose
// middle a header is damaged.
func TestTornAndDamaged(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, file string, first, second place) (kept bool){
		"torn": func(t *testing.T, file string, _, second place) bool {
			if err := os.Truncate(file, second.offset+100); err != nil {
				t.Fatal(err)
			}
			return false
		},
		"damaged": func(t *testing.T, file string, first, _ place) bool {
			f, err := os.OpenFile(file, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteAt([]byte{0xff}, first.offset+9); err != nil {
				t.Fatal(err)
			}
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Config{Dir: dir, Active: 1})
			zero := blobtest.Put(t, s, blobtest.Random(500))
			first, _ := parseRef(blobtest.Put(t, s, blobtest.Random(500)))
			secondData := blobtest.Random(500)
			second, _ := parseRef(blobtest.Put(t, s, secondData))
			for _, ref := range []blob.Ref{zero, first.ref()} {
				if err := s.Delete(t.Context(), ref); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			kept := damage(t, segmentPath(dir, first.segment), first, second)
			s = open(t, Config{Dir: dir, Active: 1})
			walk(t, s)
			if n := len(segments(t, s)); n != 0 && !kept || n == 0 && kept {
				t.Errorf("%d segments are left", n)
			}
			if kept {
				blobtest.WantBytes(t, s, second.ref(), secondData)
			}
		})
	}
}

// After a failed sync nobody who waited for it is told of success, nothing is
// appended to that segment again, and what was there before stays.
func TestFailedSync(t *testing.T) {
	failing := false
	broken := errors.New("the disk is broken")
	s := open(t, Config{Active: 1, Dir: "segments", Disk: crashdisk.New(crashdisk.Config{Hook: func(op crashdisk.Op, _ string) (before, after error) {
		if failing && op == crashdisk.Datasync {
			return broken, nil
		}
		return nil, nil
	}})})
	old := blobtest.Random(100)
	kept := blobtest.Put(t, s, old)
	failing = true
	w, err := s.Create(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, broken) {
		t.Errorf("commit under a failing sync: %v", err)
	}
	failing = false
	again := blobtest.Put(t, s, []byte("again"))
	a, _ := parseRef(kept)
	b, _ := parseRef(again)
	if a.segment == b.segment {
		t.Error("a segment whose sync failed was appended to")
	}
	blobtest.WantBytes(t, s, kept, old)
	blobtest.WantBytes(t, s, again, []byte("again"))
}

// What does not fit is refused before anything is written.
func TestReserve(t *testing.T) {
	now := time.Now()
	s := open(t, Config{ReserveBytes: 1000, Now: func() time.Time { return now }})
	free := int64(1050)
	s.space.Ask(func() (int64, error) { return free, nil })
	if _, err := s.Create(t.Context(), 51); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Create: %v", err)
	}
	w, err := s.Create(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(blobtest.Random(300)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Commit: %v", err)
	}
	free, now = 1<<30, now.Add(time.Minute)
	ref := blobtest.Put(t, s, []byte("there is room again"))
	blobtest.WantBytes(t, s, ref, []byte("there is room again"))
}

func TestRefs(t *testing.T) {
	p := place{segment: 0x18c0ffee, offset: 64, length: MaxLimit}
	if got, ok := parseRef(p.ref()); !ok || got != p {
		t.Errorf("%s parses to %+v, %t", p.ref(), got, ok)
	}
	for _, text := range []string{"", "s", "s0000000018c0ffee00000040040001", "s0000000018c0ffee0000003f000001", "s0000000018C0FFEE00000040000001", "s0000000018c0ffee00000000000001", "x0000000018c0ffee00000040000001", fmt.Sprintf("%s ", p.ref())} {
		if got, ok := parseRef(blob.Ref(text)); ok {
			t.Errorf("%q parses to %+v", text, got)
		}
	}
}
