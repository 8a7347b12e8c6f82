// Package directory prepares a directory in which blobs are kept: it is there,
// nobody else has it open, and its layout is one that the program knows. It does
// not know what else is in it.
package directory

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"ossd/internal/disk"
	"ossd/internal/durable"
)

// Open makes the directory if need be, locks it, and marks it with a layout: the
// text of its file FORMAT. Layouts that this one continues are older; a
// directory that is marked with one of them is marked anew, so that programs that
// do not know what will be written refuse it. Any other mark is refused here.
func Open(on disk.FS, dir, layout string, older ...string) (*durable.Lock, error) {
	d := durable.On{FS: on}
	if err := d.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := d.LockFile(filepath.Join(dir, "LOCK"))
	if err != nil {
		return nil, err
	}
	if err := mark(d, filepath.Join(dir, "FORMAT"), layout, older); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

func mark(on durable.On, path, layout string, older []string) error {
	got, err := disk.ReadFile(on, path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && slices.Contains(older, string(got)):
		return on.WriteFile(path, []byte(layout), 0o600)
	case err == nil && string(got) != layout:
		return fmt.Errorf("%s says %q, this program knows %q", path, got, layout)
	}
	return err
}
