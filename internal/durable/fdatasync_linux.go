package durable

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Fdatasync makes a file's bytes and length durable, though not its times or
// permissions. After a failure the file must be given up, not synced again.
func Fdatasync(f *os.File) error {
	fdatasyncs.Add(1)
	if err := control(f, unix.Fdatasync); err != nil {
		return &fs.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}

// StartWriteback lets the kernel begin to write a range of a file, so that a
// later Fdatasync finds less to do. It promises nothing and reports nothing: it
// neither waits nor takes notice of failed writes, which are left to Fdatasync.
func StartWriteback(f *os.File, offset, length int64) {
	_ = control(f, func(fd int) error { return unix.SyncFileRange(fd, offset, length, unix.SYNC_FILE_RANGE_WRITE) })
}
