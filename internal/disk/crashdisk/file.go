package crashdisk

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"syscall"
	"time"

	"ossd/internal/disk"
)

// file is an open file or directory.
type file struct {
	disk  *Disk
	name  string
	flag  int
	inode *inode // nil once closed

	listed bool     // Readdirnames has been called
	rest   []string // what it has not returned yet
}

func (f *file) Name() string { return f.name }

// do makes a call, unless the file is closed.
func (f *file) do(op Op, effect func(n *inode) error) error {
	return f.disk.do(op, f.name, func() error {
		if f.inode == nil {
			return fs.ErrClosed
		}
		return effect(f.inode)
	})
}

func (f *file) ReadAt(p []byte, offset int64) (n int, err error) {
	err = f.do(Read, func(i *inode) error {
		n = int(max(0, min(int64(len(p)), i.now.size-offset)))
		i.now.read(p[:n], offset)
		return nil
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (f *file) WriteAt(p []byte, offset int64) (n int, err error) {
	err = f.do(Write, func(i *inode) error {
		if f.flag&(os.O_WRONLY|os.O_RDWR) == 0 {
			return syscall.EBADF
		}
		n = int(f.change(i, func() change {
			fits := i.now.write(p, offset, f.disk.room())
			return change{offset: offset, length: fits, data: slices.Clone(p[:fits])}
		}).length)
		if n < len(p) {
			return syscall.ENOSPC
		}
		return nil
	})
	return n, err
}

// change makes one and keeps it in mind until the next sync.
func (f *file) change(i *inode, apply func() change) change {
	before := len(i.now.pages)
	x := apply()
	x.size = i.now.size
	i.changes = append(i.changes, x)
	i.written = f.disk.now()
	f.disk.used += int64(len(i.now.pages) - before)
	return x
}

func (f *file) Truncate(size int64) error {
	return f.do(Truncate, func(i *inode) error {
		f.change(i, func() change {
			cut := max(0, i.now.size-size)
			i.now.resize(size)
			return change{offset: size, length: cut}
		})
		return nil
	})
}

// PunchHole implements disk.FS.
func (d *Disk) PunchHole(of disk.File, offset, length int64) error {
	f := of.(*file)
	return f.do(Punch, func(i *inode) error {
		f.change(i, func() change {
			i.now.zero(offset, length)
			return change{offset: offset, length: length}
		})
		return nil
	})
}

// IsHole implements disk.FS.
func (d *Disk) IsHole(of disk.File, offset, length int64) (hole bool) {
	f := of.(*file)
	err := f.do(Stat, func(i *inode) error {
		hole = true
		eachPage(offset, length, func(page, _, _, _ int64) bool {
			hole = i.now.pages[page] == nil
			return hole
		})
		return nil
	})
	return err == nil && hole
}

// StartWriteback implements disk.FS. What it brings to the disk is not known.
func (d *Disk) StartWriteback(disk.File, int64, int64) {}

func (f *file) Sync() error { return f.sync(Sync) }

// Datasync implements disk.FS.
func (d *Disk) Datasync(of disk.File) error { return of.(*file).sync(Datasync) }

func (f *file) sync(op Op) error {
	synced := false
	err := f.do(op, func(i *inode) error {
		i.sync(all{})
		synced = true
		return nil
	})
	if err != nil && !synced {
		f.disk.mu.Lock()
		defer f.disk.mu.Unlock()
		if f.inode != nil {
			f.inode.sync(chance{f.disk.random, f.disk.random.Float64()})
		}
	}
	return err
}

func (f *file) Chmod(mode fs.FileMode) error {
	return f.do(Chmod, func(i *inode) error { i.mode = mode; return nil })
}

// Lock implements disk.FS.
func (d *Disk) Lock(of disk.File) error {
	return of.(*file).do(Lock, func(i *inode) error {
		if i.locked {
			return fs.ErrExist
		}
		i.locked = true
		of.(*file).flag |= holdsLock
		return nil
	})
}

// holdsLock marks a file through which its inode was locked.
const holdsLock = 1 << 30

// Close makes no change and does not fail.
func (f *file) Close() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.inode == nil {
		return fs.ErrClosed
	}
	if f.flag&holdsLock != 0 {
		f.inode.locked = false
	}
	f.disk.drop(f.inode)
	f.inode = nil
	return nil
}

func (f *file) Readdirnames(n int) (names []string, err error) {
	err = f.do(Readdir, func(i *inode) error {
		if !i.mode.IsDir() {
			return syscall.ENOTDIR
		}
		if !f.listed {
			f.listed, f.rest = true, slices.Sorted(maps.Keys(i.names))
		}
		names = f.rest
		if n > 0 {
			names = names[:min(n, len(names))]
		}
		f.rest = f.rest[len(names):]
		return nil
	})
	if err == nil && n > 0 && len(names) == 0 {
		err = io.EOF
	}
	return names, err
}

func (f *file) Stat() (info fs.FileInfo, err error) {
	err = f.do(Stat, func(i *inode) error { info = i.info(f.name); return nil })
	return info, err
}

// info is what Stat tells.
type info struct {
	name    string
	size    int64
	mode    fs.FileMode
	written time.Time
}

func (n *inode) info(name string) fs.FileInfo {
	return info{path.Base(name), n.now.size, n.mode, n.written}
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.written }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }
