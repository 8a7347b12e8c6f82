package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"first", "second, longer", ""} {
		if err := WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("read %q, %v; want %q", got, err, text)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
			t.Errorf("mode %v, want 0640", info.Mode().Perm())
		}
	}
	wantNames(t, filepath.Dir(path), "f")
}

func TestWriteFileFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	// A directory cannot be replaced by a file: the rename fails.
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "d"), []byte("x"), 0o600); err == nil {
		t.Error("a directory was replaced by a file")
	}
	wantNames(t, dir, "d")
	if err := WriteFile(filepath.Join(dir, "missing", "f"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v, want fs.ErrNotExist", err)
	}
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("directory holds %q, want %q", got, want)
	}
}

func TestMkdirAll(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b", "c")
	for range 2 {
		if err := MkdirAll(deep, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(deep); err != nil || !info.IsDir() {
		t.Errorf("stat: %v, %v", info, err)
	}
	file := filepath.Join(dir, "file")
	if err := WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MkdirAll(filepath.Join(file, "x"), 0o700); err == nil {
		t.Error("a directory was made below a file")
	}
}

func TestLockFileExcludes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "LOCK")
	first, err := LockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = LockFile(path)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second lock: %v, want ErrLocked naming %s", err, dir)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := LockFile(path)
	if err != nil {
		t.Fatalf("after Unlock: %v", err)
	}
	again.Unlock()
}

func TestOpenDirSyncs(t *testing.T) {
	d, err := machine.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Sync(); err == nil {
		t.Error("a closed directory was synced")
	}
}

// Those who ask during a round must not be answered by it, and must share the
// next one.
func TestGroupShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rounds atomic.Int32
		release := make(chan struct{})
		g := NewGroup(func() error {
			rounds.Add(1)
			<-release
			return nil
		})
		var answered atomic.Int32
		ask := func() {
			if err := g.Sync(); err != nil {
				t.Error(err)
			}
			answered.Add(1)
		}
		go ask()
		synctest.Wait()
		for range 50 {
			go ask()
		}
		synctest.Wait()
		if n := rounds.Load(); n != 1 {
			t.Fatalf("%d rounds at a time, want 1", n)
		}
		release <- struct{}{}
		synctest.Wait()
		if n := answered.Load(); n != 1 {
			t.Errorf("the first round answered %d callers, want only the one who asked before it", n)
		}
		release <- struct{}{}
		synctest.Wait()
		if n, a := rounds.Load(), answered.Load(); n != 2 || a != 51 {
			t.Errorf("%d rounds answered %d callers, want 2 and 51", n, a)
		}
	})
}

func TestGroupFailureIsFinal(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	g := NewGroup(func() error { calls++; return broken })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := g.Sync(); err != broken {
				t.Errorf("got %v, want %v", err, broken)
			}
		})
	}
	wg.Wait()
	if calls != 1 {
		t.Errorf("synced %d times after a failure, want no second attempt", calls)
	}
}
