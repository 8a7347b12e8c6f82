package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// OS is the file system of the machine. Its files are *os.File, with nothing between.
var OS FS = machine{}

type machine struct{}

func (machine) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // not a nil *os.File
	}
	return f, nil
}

func (machine) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }

func (machine) Remove(name string) error { return os.Remove(name) }

func (machine) Rename(from, to string) error { return os.Rename(from, to) }

func (machine) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (machine) Free(dir string) (int64, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(dir, &st)
		if err == nil {
			return int64(st.Bavail) * int64(st.Bsize), nil
		}
		if !errors.Is(err, unix.EINTR) {
			return 0, fmt.Errorf("free space of %s: %w", dir, err)
		}
	}
}

func (machine) Lock(f File) error {
	err := control(f, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fs.ErrExist
	}
	return pathError("flock", f, err)
}

// control runs a system call on f's descriptor, again if a signal interrupted it.
func control(f File, call func(fd int) error) error {
	conn, err := f.(*os.File).SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = conn.Control(func(fd uintptr) {
		for {
			if result = call(int(fd)); !errors.Is(result, unix.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, result)
}

func pathError(op string, f File, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: f.Name(), Err: err}
}
