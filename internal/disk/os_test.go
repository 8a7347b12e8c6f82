package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func create(t *testing.T, size int64) File {
	t.Helper()
	f, err := OS.OpenFile(filepath.Join(t.TempDir(), "f"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteAt(make([]byte, size), 0); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDatasync(t *testing.T) {
	f := create(t, 1)
	OS.StartWriteback(f, 0, 1)
	if err := OS.Datasync(f); err != nil {
		t.Error(err)
	}
	f.Close()
	if err := OS.Datasync(f); err == nil {
		t.Errorf("a closed file was synced: %v", err)
	}
}

func TestLock(t *testing.T) {
	f := create(t, 0)
	if err := OS.Lock(f); err != nil {
		t.Fatal(err)
	}
	second, err := OS.OpenFile(f.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := OS.Lock(second); !errors.Is(err, fs.ErrExist) {
		t.Errorf("locked twice: %v", err)
	}
	f.Close()
	if err := OS.Lock(second); err != nil {
		t.Errorf("a closed file is still locked: %v", err)
	}
}

func TestHole(t *testing.T) {
	f := create(t, 64<<10)
	if OS.IsHole(f, 4096, 4096) {
		t.Error("what was written is a hole")
	}
	err := OS.PunchHole(f, 4096, 8192)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skipf("the file system of %s has no holes: %v", f.Name(), err)
	}
	if err != nil || !OS.IsHole(f, 4096, 8192) || OS.IsHole(f, 4096, 12288) {
		t.Errorf("hole: %v", err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 64<<10 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestMissingFile(t *testing.T) {
	f, err := OS.OpenFile(filepath.Join(t.TempDir(), "missing"), os.O_RDONLY, 0)
	if f != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, %v; want nil and fs.ErrNotExist", f, err)
	}
	if free, err := OS.Free(t.TempDir()); free <= 0 || err != nil {
		t.Errorf("%d bytes are free, %v", free, err)
	}
}
