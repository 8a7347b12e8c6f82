// Package disk is the seam between those who keep files and the file system:
// what they ask of it, and no more. It knows nothing of what is stored, nor of
// which order of calls is safe; package durable does.
//
// OS is the machine's own. Package crashdisk is one in memory that can lose its
// power, for tests.
package disk

import (
	"io"
	"io/fs"
	"os"
)

// FS is a file system. Its methods may be called from many goroutines, and
// their errors are those of package os: errors.Is knows fs.ErrNotExist and the like.
type FS interface {
	// OpenFile is os.OpenFile. A directory is opened with os.O_RDONLY.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Mkdir(name string, perm fs.FileMode) error
	Remove(name string) error
	// Rename puts a file in the place of another one in the same directory.
	Rename(from, to string) error
	Stat(name string) (fs.FileInfo, error)
	// Free is how many bytes an unprivileged process may still write below a directory.
	Free(dir string) (int64, error)

	// Datasync makes a file's bytes and length durable, though not its times or
	// permissions. After a failure the file must be given up, not synced again.
	Datasync(f File) error
	// StartWriteback lets the system begin to write a range of a file, so that a
	// later Datasync finds less to do. It promises nothing and reports nothing: it
	// neither waits nor takes notice of failed writes, which are left to Datasync.
	StartWriteback(f File, offset, length int64)
	// PunchHole gives a range of a file back to the file system: it reads as
	// zeros, and the file keeps its length. errors.ErrUnsupported means that this
	// file system cannot.
	PunchHole(f File, offset, length int64) error
	// IsHole tells whether a range has been given back. If that is not known it has not.
	IsHole(f File, offset, length int64) bool
	// Lock locks a file against all who open it anew, until it is closed or its
	// process ends. It does not wait: fs.ErrExist means that it is locked already.
	Lock(f File) error
}

// File is an open file or directory; *os.File is one. It has no position.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Name() string
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Truncate(size int64) error
	// Sync makes durable all that there is of a file; of a directory, which names are in it.
	Sync() error
	// Readdirnames goes on where the call before it ended.
	Readdirnames(n int) ([]string, error)
}

// Or returns f, or the machine's own file system if f is nil.
func Or(f FS) FS {
	if f == nil {
		return OS
	}
	return f
}

// ReadFile returns what is in a small file.
func ReadFile(from FS, name string) ([]byte, error) {
	f, err := from.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, 0, info.Size()))
}

// ReadDir returns the names in a directory, in no order.
func ReadDir(from FS, name string) ([]string, error) {
	d, err := from.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}
