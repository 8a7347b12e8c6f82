package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ossd/internal/disk"
)

// On makes changes on one file system survive. The functions that are called
// like its methods do so on the machine's own.
type On struct{ disk.FS }

var machine = On{disk.OS}

// WriteFile replaces the file at path by data. Whoever reads the path, also
// after a crash, finds the old bytes or the new ones, never a mixture.
//
// The new file is made beside the old one, under a name that begins with a dot,
// and is removed again if anything fails.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	return machine.WriteFile(path, data, perm)
}

// WriteFile is the function of that name.
func (on On) WriteFile(path string, data []byte, perm fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	// The name is random, so that two who write at once do not meet.
	f, err := on.OpenFile(filepath.Join(dir, "."+filepath.Base(path)+"."+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			on.Remove(f.Name())
			err = fmt.Errorf("durable: %w", err)
		}
	}()
	if err := f.Chmod(perm); err != nil { // what OpenFile is given, the umask cuts
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	// A full sync, since the permissions must not be lost either.
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := on.Rename(f.Name(), path); err != nil {
		return err
	}
	return on.SyncDir(dir)
}

// MkdirAll is os.MkdirAll whose directories survive a power failure, also one
// that is there already: the process that made it may have been killed before
// it synced that.
func MkdirAll(path string, perm fs.FileMode) error { return machine.MkdirAll(path, perm) }

// MkdirAll is the function of that name.
func (on On) MkdirAll(path string, perm fs.FileMode) error {
	path = filepath.Clean(path)
	parent := filepath.Dir(path)
	info, err := on.Stat(path)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("durable: %s is not a directory", path)
	}
	if err == nil {
		return ignoreForeign(on.SyncDir(parent))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("durable: %w", err)
	}
	if err := on.MkdirAll(parent, perm); err != nil {
		return err
	}
	if err := on.Mkdir(path, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("durable: %w", err)
	}
	return on.SyncDir(parent)
}

// ignoreForeign returns nil for what is said of a directory that is not ours to
// sync: nobody who may not read it, and nobody at all on a file system that is
// only read, has just made what is in it.
func ignoreForeign(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// SyncDir makes the names in a directory durable: what was created, renamed
// and removed there before the call.
func SyncDir(path string) error { return machine.SyncDir(path) }

// SyncDir is the function of that name.
func (on On) SyncDir(path string) error {
	d, err := on.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	return nil
}
