package crashdisk

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"ossd/internal/disk"
)

// Op is a call that a Hook is asked about.
type Op string

// The calls. Those from Create on are changes.
const (
	Open     Op = "open" // of what is there
	Stat     Op = "stat"
	Read     Op = "read"
	Readdir  Op = "readdir"
	Lock     Op = "lock"
	Free     Op = "statfs"
	Create   Op = "create"
	Mkdir    Op = "mkdir"
	Remove   Op = "remove"
	Rename   Op = "rename"
	Write    Op = "write"
	Truncate Op = "truncate"
	Punch    Op = "punch"
	Chmod    Op = "chmod"
	Datasync Op = "datasync"
	Sync     Op = "sync"
)

// Changes tells whether a call changes what is on the disk, or makes it durable.
func (o Op) Changes() bool {
	switch o {
	case Open, Stat, Read, Readdir, Lock, Free:
		return false
	}
	return true
}

// Hook decides how a call ends. If before is not nil, the call fails with it
// and has no effect, but that a failed sync loses what was to be synced. Else
// the call is made, and if it succeeds and after is not nil, the caller is told
// after all the same. A Hook is called from many goroutines.
type Hook func(op Op, name string) (before, after error)

// Config describes a disk. The zero Config is a healthy one of unbounded size.
type Config struct {
	Power    *Power // nil: one of its own
	Hook     Hook   // nil: nothing fails
	Seed     uint64 // of what a failed sync loses
	Capacity int64  // bytes; 0: unbounded
	Now      func() time.Time
}

// Disk is a disk.FS. Its paths are taken as absolute.
type Disk struct {
	power *Power
	hook  Hook
	now   func() time.Time

	mu       sync.Mutex
	random   *rand.Rand
	root     *inode
	capacity int64 // pages; 0: unbounded
	used     int64 // pages
	readOnly bool
}

var _ disk.FS = (*Disk)(nil)

// New returns an empty disk.
func New(c Config) *Disk { return (&Disk{}).init(c, newDir(0o755, time.Time{})) }

func (d *Disk) init(c Config, root *inode) *Disk {
	if c.Power == nil {
		c.Power = &Power{}
	}
	if c.Hook == nil {
		c.Hook = func(Op, string) (before, after error) { return nil, nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	*d = Disk{power: c.Power, hook: c.Hook, now: c.Now, random: rand.New(rand.NewPCG(c.Seed, 0)), root: root}
	d.SetCapacity(c.Capacity)
	root.each(func(n *inode) { d.used += int64(len(n.now.pages)) })
	return d
}

// SetCapacity makes the disk larger or smaller, in bytes; 0: unbounded.
func (d *Disk) SetCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.capacity = (bytes + pageSize - 1) / pageSize
}

// SetReadOnly lets the disk refuse every change, or no longer. Files that are
// open are refused theirs as well, as after an error that the system met.
func (d *Disk) SetReadOnly(is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readOnly = is
}

// Used is how many bytes the files take; those that were removed count until they are closed.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used * pageSize
}

// Crash returns a disk that holds what is left if the power fails now, by the
// chance of that seed. Some seeds lose all that was not synced, some nothing.
func (d *Disk) Crash(seed uint64, c Config) *Disk {
	random := rand.New(rand.NewPCG(seed, 1))
	fate := chance{random, min(1, max(0, random.Float64()*1.4-0.2))}
	return d.copy(c, func(n *inode) *inode {
		to := &inode{mode: n.mode, written: n.written}
		if n.mode.IsDir() {
			to.names = fate.namesOf(n)
			to.durableNames = to.names
			return to
		}
		to.durable = fate.contentOf(n)
		to.now = to.durable.clone()
		return to
	})
}

// Kill returns a disk as it is if only the program dies now: all is there, no
// more of it is durable than before, nothing is open.
func (d *Disk) Kill(c Config) *Disk {
	return d.copy(c, func(n *inode) *inode {
		to := *n
		to.now, to.durable = n.now.clone(), n.durable.clone()
		to.changes = n.changes[:len(n.changes):len(n.changes)]
		return &to
	})
}

func (d *Disk) copy(c Config, make func(*inode) *inode) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	tree := copier{seen: map[*inode]*inode{}, make: make}
	root := tree.copy(d.root)
	root.each(func(n *inode) { n.uses++ })
	return (&Disk{}).init(c, root)
}

// each visits the files that have a name.
func (n *inode) each(visit func(*inode)) {
	for _, to := range n.names {
		if to.mode.IsDir() {
			to.each(visit)
		} else {
			visit(to)
		}
	}
}

// do makes a call: it asks the hook, and makes the effect under the disk's lock.
func (d *Disk) do(op Op, name string, effect func() error) (err error) {
	call := func() {
		before, after := d.hook(op, name)
		if before != nil {
			err = before
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.readOnly && op.Changes() && op != Sync && op != Datasync {
			err = syscall.EROFS
			return
		}
		if err = effect(); err == nil {
			err = after
		}
	}
	if op.Changes() {
		d.power.Use(call)
	} else {
		call()
	}
	if err != nil {
		err = &fs.PathError{Op: string(op), Path: name, Err: err}
	}
	return err
}

// find returns the directory that a path's last name is in, and what it names, nil if nothing.
func (d *Disk) find(name string) (dir *inode, base string, n *inode, err error) {
	clean := strings.Trim(path.Clean("/"+filepath.ToSlash(name)), "/")
	if clean == "" {
		return nil, "", d.root, nil
	}
	parts := strings.Split(clean, "/")
	dir = d.root
	for _, part := range parts[:len(parts)-1] {
		switch dir = dir.names[part]; {
		case dir == nil:
			return nil, "", nil, fs.ErrNotExist
		case !dir.mode.IsDir():
			return nil, "", nil, syscall.ENOTDIR
		}
	}
	base = parts[len(parts)-1]
	return dir, base, dir.names[base], nil
}

// OpenFile implements disk.FS.
func (d *Disk) OpenFile(name string, flag int, perm fs.FileMode) (disk.File, error) {
	f := &file{disk: d, name: name, flag: flag}
	op := Open
	if d.misses(name) && flag&os.O_CREATE != 0 {
		op = Create
	}
	opened := false
	err := d.do(op, name, func() error {
		dir, base, n, err := d.find(name)
		switch {
		case err != nil:
			return err
		case n == nil && flag&os.O_CREATE == 0:
			return fs.ErrNotExist
		case n == nil:
			n = newFile(perm, d.now())
			n.uses++
			dir.move(move{base: n})
		case flag&os.O_EXCL != 0:
			return fs.ErrExist
		case n.mode.IsDir() && flag&(os.O_WRONLY|os.O_RDWR) != 0:
			return syscall.EISDIR
		case d.readOnly && flag&(os.O_WRONLY|os.O_RDWR) != 0:
			return syscall.EROFS
		}
		n.uses++
		f.inode, opened = n, true
		return nil
	})
	if err != nil {
		if opened { // it only seems to have failed
			f.Close()
		}
		return nil, err
	}
	return f, nil
}

func (d *Disk) misses(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _, n, err := d.find(name)
	return err == nil && n == nil
}

// Mkdir implements disk.FS.
func (d *Disk) Mkdir(name string, perm fs.FileMode) error {
	return d.do(Mkdir, name, func() error {
		dir, base, n, err := d.find(name)
		if err != nil {
			return err
		}
		if n != nil {
			return fs.ErrExist
		}
		dir.move(move{base: newDir(perm, d.now())})
		return nil
	})
}

// Remove implements disk.FS.
func (d *Disk) Remove(name string) error {
	return d.do(Remove, name, func() error {
		dir, base, n, err := d.find(name)
		switch {
		case err != nil:
			return err
		case n == nil:
			return fs.ErrNotExist
		case len(n.names) > 0 || dir == nil:
			return syscall.ENOTEMPTY
		}
		dir.move(move{base: nil})
		d.drop(n)
		return nil
	})
}

// drop ends a use of an inode. The last one frees its pages.
func (d *Disk) drop(n *inode) {
	if n.uses--; n.uses == 0 && !n.mode.IsDir() {
		d.used -= int64(len(n.now.pages))
	}
}

// Rename implements disk.FS.
func (d *Disk) Rename(from, to string) error {
	return d.do(Rename, to, func() error {
		dir, old, n, err := d.find(from)
		if err != nil {
			return err
		}
		target, fresh, replaced, err := d.find(to)
		switch {
		case err != nil:
			return err
		case n == nil:
			return fs.ErrNotExist
		case dir != target:
			return syscall.EXDEV
		case replaced != nil && replaced.mode.IsDir():
			return syscall.EISDIR
		}
		dir.move(move{old: nil, fresh: n})
		if replaced != nil {
			d.drop(replaced)
		}
		return nil
	})
}

// Stat implements disk.FS.
func (d *Disk) Stat(name string) (info fs.FileInfo, err error) {
	err = d.do(Stat, name, func() error {
		_, _, n, err := d.find(name)
		if err == nil && n == nil {
			err = fs.ErrNotExist
		}
		if err == nil {
			info = n.info(name)
		}
		return err
	})
	return info, err
}

// Free implements disk.FS. A disk of unbounded size has much.
func (d *Disk) Free(dir string) (free int64, err error) {
	err = d.do(Free, dir, func() error { free = d.room() * pageSize; return nil })
	return free, err
}

// room is how many pages may still be taken.
func (d *Disk) room() int64 {
	if d.capacity == 0 {
		return 1 << 40
	}
	return max(0, d.capacity-d.used)
}
