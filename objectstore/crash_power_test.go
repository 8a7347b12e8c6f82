package objectstore_test

import (
	"github.com/cockroachdb/pebble/v2/vfs"

	"ossd/internal/disk/crashdisk"
)

// powered is a file system of Pebble's that hangs on the same power as the disk
// of the blobs: they crash at the same moment.
type powered struct {
	vfs.FS
	power *crashdisk.Power
}

func (p *powered) Unwrap() vfs.FS { return p.FS }

// use makes a change that returns an error alone.
func (p *powered) use(change func() error) (err error) {
	p.power.Use(func() { err = change() })
	return err
}

// open makes a change that returns a file.
func (p *powered) open(change func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := p.use(func() (err error) { f, err = change(); return err })
	if err != nil {
		return nil, err
	}
	return &poweredFile{f, p}, nil
}

func (p *powered) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.Create(name, c) })
}

func (p *powered) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.OpenReadWrite(name, c, opts...) })
}

func (p *powered) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.ReuseForWrite(from, to, c) })
}

func (p *powered) OpenDir(name string) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.OpenDir(name) })
}

func (p *powered) Link(from, to string) error {
	return p.use(func() error { return p.FS.Link(from, to) })
}

func (p *powered) Remove(name string) error {
	return p.use(func() error { return p.FS.Remove(name) })
}

func (p *powered) Rename(from, to string) error {
	return p.use(func() error { return p.FS.Rename(from, to) })
}

type poweredFile struct {
	vfs.File
	on *powered
}

func (f *poweredFile) Write(p []byte) (n int, err error) {
	err = f.on.use(func() (err error) { n, err = f.File.Write(p); return err })
	return n, err
}

func (f *poweredFile) WriteAt(p []byte, offset int64) (n int, err error) {
	err = f.on.use(func() (err error) { n, err = f.File.WriteAt(p, offset); return err })
	return n, err
}

func (f *poweredFile) Sync() error { return f.on.use(f.File.Sync) }

func (f *poweredFile) SyncData() error { return f.on.use(f.File.SyncData) }

func (f *poweredFile) SyncTo(length int64) (whole bool, err error) {
	err = f.on.use(func() (err error) { whole, err = f.File.SyncTo(length); return err })
	return whole, err
}
