package pebble

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"ossd/engine/meta"
	"ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
)

func openDir(t testing.TB, dir string) meta.Store {
	t.Helper()
	s, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openMem opens an empty store on a file system in memory.
func openMem(t testing.TB) meta.Store {
	t.Helper()
	s, err := Open(Config{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	metatest.Run(t, func(t testing.TB) meta.Store { return openDir(t, t.TempDir()) })
}

func TestReopen(t *testing.T) { metatest.RunReopen(t, openDir) }

func TestSameAsMemory(t *testing.T) {
	metatest.RunSame(t, openMem, func(testing.TB) meta.Store { return memory.New() })
}

func TestDirectoryOpensOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "meta")
	first := openDir(t, dir)
	_, err := Open(Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second Open: %v; want that %s is in use", err, dir)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openDir(t, dir).Close(); err != nil {
		t.Error(err)
	}
}
