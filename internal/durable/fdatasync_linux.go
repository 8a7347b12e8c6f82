package durable

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Fdatasync makes a file's bytes and length durable, though not its times or
// permissions. After a failure the file must be given up, not synced again.
func Fdatasync(f *os.File) error {
	if err := control(f, unix.Fdatasync); err != nil {
		return &fs.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}
