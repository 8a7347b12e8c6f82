package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// store is a directory that is backed up: files below keep/ and segments/ are kept.
type store struct {
	*testing.T
	dir, to string
	ctx     context.Context  // of backUp
	fail    map[string]error // what Sources yields when it comes to a path
}

func newStore(t *testing.T) *store {
	return &store{T: t, dir: t.TempDir(), to: filepath.Join(t.TempDir(), "backup"), ctx: t.Context(), fail: map[string]error{}}
}

// long ago is when files were written that are settled.
var longAgo = time.Now().Add(-time.Hour).Truncate(time.Second)

func (s *store) write(path, content string) {
	s.Helper()
	name := filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o640); err != nil {
		s.Fatal(err)
	}
	if err := os.Chtimes(name, longAgo, longAgo); err != nil {
		s.Fatal(err)
	}
}

func (s *store) sources() iter.Seq2[Source, error] {
	return func(yield func(Source, error) bool) {
		for _, path := range slices.SortedFunc(maps.Keys(tree(s.T, s.dir)), ComparePaths) {
			if path == LineageFile {
				continue
			}
			if !yield(Source{Path: path, From: filepath.Join(s.dir, path), Keep: strings.HasPrefix(path, "keep/") || strings.HasPrefix(path, growing)}, s.fail[path]) {
				return
			}
		}
	}
}

func (s *store) backUp(change func(*Config)) (Result, error) {
	s.Helper()
	lineage, err := Lineage(s.dir)
	if err != nil {
		s.Fatal(err)
	}
	c := Config{To: s.to, Lineage: lineage, Sources: s.sources()}
	if change != nil {
		change(&c)
	}
	return Make(s.ctx, c)
}

func (s *store) mustBackUp() Result {
	s.Helper()
	r, err := s.backUp(nil)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// wantRestored restores the backup and compares.
func (s *store) wantRestored(want map[string]string) string {
	s.Helper()
	to := filepath.Join(s.TempDir(), "restored")
	r, err := Restore(s.Context(), Restoring{From: s.to, To: to, Last: "FORMAT"})
	if err != nil {
		s.Fatal(err)
	}
	got := tree(s.T, to)
	delete(got, "LOCK")
	delete(got, LineageFile)
	if !maps.Equal(got, want) || int(r.Files) != len(want) {
		for _, path := range slices.Sorted(maps.Keys(want)) {
			s.Logf("%s: restored %.20q, want %.20q", path, got[path], want[path])
		}
		s.Errorf("restored %d files, want %d; result %+v", len(got), len(want), r)
	}
	return to
}

// tree is the content of every file below a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *store) content() map[string]string {
	all := tree(s.T, s.dir)
	delete(all, LineageFile)
	return all
}

// sample has files of all kinds: empty, small, of many buffers.
func (s *store) sample() {
	s.write("FORMAT", "a store\n")
	s.write("keep/a/1", strings.Repeat("0123456789abcdef", 40_000))
	s.write("keep/a/2", "")
	s.write("keep/b", "b")
	s.write("keep/b.c", "b.c")
	s.write("log", "one\n")
}

func TestRoundTrip(t *testing.T) {
	s := newStore(t)
	s.sample()
	r := s.mustBackUp()
	if r.Files != 6 || r.CopiedFiles != 6 || r.Bytes != 640_000+1+3+4+8 || r.CopiedBytes != r.Bytes || r.Generation != 1 {
		t.Errorf("result %+v", r)
	}
	to := s.wantRestored(s.content())
	info, err := os.Stat(filepath.Join(to, "log"))
	if err != nil || info.Mode().Perm() != 0o640 || !info.ModTime().Equal(longAgo) {
		t.Errorf("restored with %v, %v, %v", info.Mode(), info.ModTime(), err)
	}
	if r, err := Restore(t.Context(), Restoring{From: s.to, Last: "FORMAT"}); err != nil || r.Files != 6 {
		t.Errorf("verified: %+v, %v", r, err)
	}
}

// Holes stay holes, on the way there and on the way back.
func TestHoles(t *testing.T) {
	s := newStore(t)
	s.write("FORMAT", "a store\n")
	const size = 64 << 20
	f, err := os.Create(filepath.Join(s.dir, "segment"))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{0, 1 << 20, size - 5} {
		if _, err := f.WriteAt([]byte("bytes"), at); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	s.mustBackUp()
	to := s.wantRestored(s.content())
	for _, name := range []string{filepath.Join(s.to, "files", "segment.1"), filepath.Join(to, "segment")} {
		info, err := os.Stat(name)
		if err != nil || info.Size() != size {
			t.Fatalf("%v, %v", info, err)
		}
		if taken := info.Sys().(*syscall.Stat_t).Blocks * 512; taken > 1<<20 {
			t.Errorf("%s takes %d bytes on the disk", name, taken)
		}
	}
}

// What is there already is not copied again, and what is no longer needed goes.
func TestIncremental(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.mustBackUp()
	s.write("log", "one\ntwo\n")
	s.write("keep/new", "new")
	s.write("keep/b.c", "longer")
	os.Remove(filepath.Join(s.dir, "keep/b"))
	want := s.content()
	r := s.mustBackUp()
	// FORMAT and log are copied each time; keep/b and three copies of the first go.
	if r.CopiedFiles != 4 || r.CopiedBytes != 8+8+3+6 || r.Removed != 4 || r.Generation != 2 {
		t.Errorf("the second backup: %+v", r)
	}
	s.wantRestored(want)
	names := slices.Sorted(maps.Keys(tree(t, filepath.Join(s.to, "files"))))
	if got, want := strings.Join(names, " "), "FORMAT.2 keep/a/1.1 keep/a/2.1 keep/b.c.2 keep/new.2 log.2"; got != want {
		t.Errorf("the backup has %s, want %s", got, want)
	}
}

// A file that was being written when it was copied is copied again, and so is one whose copy is lost.
func TestKeepsOnlyWhatIsSettled(t *testing.T) {
	s := newStore(t)
	s.sample()
	name := filepath.Join(s.dir, "keep/b")
	now := time.Now()
	if err := os.Chtimes(name, now, now); err != nil {
		t.Fatal(err)
	}
	s.mustBackUp()
	s.write("keep/b", "B")
	if err := os.Chtimes(name, now, now); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.to, "files/keep/a/1.1")); err != nil {
		t.Fatal(err)
	}
	if r := s.mustBackUp(); r.CopiedFiles != 4 {
		t.Errorf("the second backup: %+v", r)
	}
	s.wantRestored(s.content())
}

// A backup that ends early, wherever that is, leaves the one before it.
func TestInterrupted(t *testing.T) {
	for _, at := range []string{"FORMAT", "keep/a/1", "keep/b", "log", "held", "removed"} {
		t.Run(at, func(t *testing.T) {
			s := newStore(t)
			s.sample()
			s.mustBackUp()
			want := s.content()
			s.write("keep/a/1", strings.Repeat("other", 200_000))
			os.Remove(filepath.Join(s.dir, "keep/b.c"))
			s.write("log", "two\n")
			broken := errors.New("broken")
			s.fail[at] = broken
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s.ctx = ctx
			r, err := s.backUp(func(c *Config) {
				switch at {
				case "held":
					c.Held = func(context.Context) error { return broken }
				case "removed": // it ends between the new manifest and the removing of the old copies
					c.Held = func(context.Context) error { stop(); return nil }
					broken, want = nil, s.content()
				default:
					// Sources runs twice, the first time to add up sizes.
					runs := 0
					all := c.Sources
					c.Sources = func(yield func(Source, error) bool) {
						runs++
						for s, err := range all {
							if runs == 1 {
								err = nil
							}
							if !yield(s, err) {
								return
							}
						}
					}
				}
			})
			if !errors.Is(err, broken) {
				t.Fatalf("ended with %v", err)
			}
			if (r.Warning != "") != (at == "removed") {
				t.Errorf("the warning is %q", r.Warning)
			}
			s.wantRestored(want)
			// The next one does, and clears up.
			clear(s.fail)
			s.ctx = t.Context()
			s.mustBackUp()
			s.wantRestored(s.content())
			if n := len(tree(t, filepath.Join(s.to, "files"))); n != 5 {
				t.Errorf("%d copies are left, want 5", n)
			}
		})
	}
}

// What a file has lost since it was copied stays in the backup.
func TestKeepsWhatWasLost(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.write("segments/1", strings.Repeat("0123456789abcdef", 40_000))
	s.mustBackUp()
	want := s.content()
	if err := os.Truncate(filepath.Join(s.dir, "segments/1"), 1000); err != nil {
		t.Fatal(err)
	}
	s.mustBackUp()
	s.wantRestored(want)
}

// A store that was brought back by cp -a, or by a snapshot of the disk, and went on
// has other bytes under the same names. Its lineage does not tell.
func TestRolledBackStore(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.write("keep/000012.sst", "rows of the first future")
	s.mustBackUp()
	for _, text := range []string{"rows of another future!!", "shorter"} {
		s.write("keep/000012.sst", text)
		at := longAgo.Add(time.Minute) // the second differs from the first by its length only
		if err := os.Chtimes(filepath.Join(s.dir, "keep/000012.sst"), at, at); err != nil {
			t.Fatal(err)
		}
		s.mustBackUp()
		s.wantRestored(s.content())
	}
}

func TestRefusals(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.mustBackUp()
	other := newStore(t)
	other.sample()
	other.to = s.to
	if _, err := other.backUp(nil); !errors.Is(err, ErrOtherStore) {
		t.Errorf("another store: %v", err)
	}
	s.wantRestored(s.content())
	foreign := newStore(t)
	foreign.sample()
	foreign.to = t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign.to, "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.backUp(nil); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("a directory of others: %v", err)
	}
	if _, err := Restore(t.Context(), Restoring{From: s.to, To: foreign.to}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restored over others: %v", err)
	}
	if _, err := Restore(t.Context(), Restoring{From: foreign.to, To: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "no backup") {
		t.Errorf("restored from no backup: %v", err)
	}
}

// A store that was restored goes its own way: its files count as new even where
// their names and lengths are those of the backup.
func TestRestoredStoreIsAnother(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.mustBackUp()
	restored := newStore(t)
	restored.dir, restored.to = s.wantRestored(s.content()), s.to
	os.Remove(filepath.Join(restored.dir, "LOCK"))
	restored.write("keep/b", "X")
	r := restored.mustBackUp()
	if r.CopiedFiles != r.Files {
		t.Errorf("it relied on older copies: %+v", r)
	}
	restored.wantRestored(restored.content())
	// And the old one must not write over it.
	if _, err := s.backUp(nil); !errors.Is(err, ErrOtherStore) {
		t.Errorf("the store before: %v", err)
	}
}

// Each byte of the backup counts: whichever is flipped, restoring names the file
// and leaves nothing that looks complete.
func TestDamage(t *testing.T) {
	s := newStore(t)
	s.sample()
	s.mustBackUp()
	damage := map[string]func(text []byte) []byte{
		"flipped": func(text []byte) []byte { text[len(text)/2] ^= 1; return text },
		"cut":     func(text []byte) []byte { return text[:len(text)-1] },
		"longer":  func(text []byte) []byte { return append(text, 'x') },
		"lost":    func([]byte) []byte { return nil },
	}
	for name := range tree(t, s.to) {
		if name == "LOCK" || name == "files/keep/a/2.1" {
			continue
		}
		for how, change := range damage {
			t.Run(name+" "+how, func(t *testing.T) {
				file := filepath.Join(s.to, name)
				whole, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				defer os.WriteFile(file, whole, 0o600)
				if text := change(bytes.Clone(whole)); text != nil {
					os.WriteFile(file, text, 0o600)
				} else {
					os.Remove(file)
				}
				for _, to := range []string{filepath.Join(t.TempDir(), "restored"), ""} {
					r, err := Restore(t.Context(), Restoring{From: s.to, To: to, Last: "FORMAT"})
					if err == nil || !strings.Contains(err.Error(), filepath.FromSlash(name)) && !(name == "FORMAT" && strings.Contains(err.Error(), "no backup")) {
						t.Fatalf("restored with %v", err)
					}
					if strings.HasPrefix(name, "files/") && (!errors.Is(err, ErrDamaged) || len(r.Damaged) != 1) {
						t.Errorf("the result is %+v, %v", r, err)
					}
					if _, err := os.Stat(filepath.Join(to, "FORMAT")); to != "" && !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("what was restored looks complete: %v", err)
					}
				}
			})
		}
	}
}

// Every flipped bit of a manifest is found.
func TestManifestBits(t *testing.T) {
	s := newStore(t)
	s.write("FORMAT", "a store\n")
	s.mustBackUp()
	name := filepath.Join(s.to, manifestName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(whole) {
		text := bytes.Clone(whole)
		text[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := openManifest(s.to); err == nil {
			m.close()
			t.Errorf("bit %d of byte %d: %q was taken", bit%8, bit/8, text)
		} else if !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d: %v", bit, err)
		}
	}
}

// A manifest that somebody made leads to no place outside, neither to read nor to write.
func TestManifestStaysInside(t *testing.T) {
	const text = "a store\n"
	digest := sha256.Sum256([]byte(text))
	good := file{Path: "x", Copy: "FORMAT.1", Size: int64(len(text)), SHA256: hex.EncodeToString(digest[:]), Mode: "0600"}
	for name, change := range map[string]func(*file){
		"good":    func(*file) {},
		"path":    func(f *file) { f.Path = "../x" },
		"unclean": func(f *file) { f.Path = "a/../x" },
		"copy":    func(f *file) { f.Copy = "../outside" },
		"size":    func(f *file) { f.Size = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			s.write("FORMAT", text)
			s.mustBackUp()
			if err := os.WriteFile(filepath.Join(s.to, "outside"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			made := good
			change(&made)
			w, err := createManifest(s.to, header{Generation: 2, Lineage: []string{"me"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(w.add(made), w.commit()); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "new")
			if _, err := Restore(t.Context(), Restoring{From: s.to, To: to, Last: "x"}); (err == nil) != (name == "good") || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("restored with %v", err)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(to), "x")); err == nil {
				t.Error("a file was written outside")
			}
		})
	}
}

func TestComparePaths(t *testing.T) {
	paths := []string{"A", "a", "a/b", "a/b/c", "a/b.c", "a.b", "a.b/c", "b"}
	for i, a := range paths {
		for j, b := range paths {
			if got := ComparePaths(a, b); got != cmp(i, j) {
				t.Errorf("%q, %q: %d", a, b, got)
			}
		}
	}
}

func cmp(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	}
	return 0
}

func TestOrderIsWatched(t *testing.T) {
	s := newStore(t)
	s.sample()
	if _, err := s.backUp(func(c *Config) {
		c.Sources = func(yield func(Source, error) bool) {
			for _, path := range []string{"log", "FORMAT"} {
				if !yield(Source{Path: path, From: filepath.Join(s.dir, path)}, nil) {
					return
				}
			}
		}
	}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q comes behind", "FORMAT")) {
		t.Errorf("sources out of order: %v", err)
	}
}
