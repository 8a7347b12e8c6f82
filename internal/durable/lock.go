package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ossd/internal/disk"
)

// ErrLocked is wrapped by LockFile's error when somebody else holds the lock.
var ErrLocked = errors.New("directory is in use by another process")

// Lock is a held file lock.
type Lock struct {
	f disk.File
}

// LockFile takes the lock of the file at path, creating it if need be, and
// does not wait. The kernel releases the lock when the process ends, however
// it ends. The file stays, since removing it would race with the next opener.
//
// Two openers exclude each other also within one process.
func LockFile(path string) (*Lock, error) { return machine.LockFile(path) }

// LockFile is the function of that name.
func (on On) LockFile(path string) (*Lock, error) {
	f, err := on.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	if err := on.Lock(f); err != nil {
		f.Close()
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s: %w", filepath.Dir(path), ErrLocked)
		}
		return nil, fmt.Errorf("durable: %w", err)
	}
	return &Lock{f: f}, nil
}

// Unlock releases the lock.
func (l *Lock) Unlock() error { return l.f.Close() }
