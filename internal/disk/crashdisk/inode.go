package crashdisk

import (
	"io/fs"
	"maps"
	"slices"
	"time"
)

// inode is a file or a directory: what it is now, what of that is durable, and
// what happened between the two.
type inode struct {
	mode    fs.FileMode
	written time.Time
	locked  bool
	uses    int // open handles and names

	// of a file
	now, durable content
	changes      []change

	// of a directory
	names, durableNames map[string]*inode
	moves               []move
}

// change is a write, a hole or a new length of a file.
type change struct {
	offset, length int64
	data           []byte // nil: zeros
	size           int64  // of the file afterwards
}

// move gives names to inodes, or takes them away (nil), all at once.
type move map[string]*inode

func newFile(mode fs.FileMode, now time.Time) *inode {
	return &inode{mode: mode, written: now, now: newContent(), durable: newContent()}
}

func newDir(mode fs.FileMode, now time.Time) *inode {
	return &inode{mode: mode | fs.ModeDir, written: now, names: map[string]*inode{}, durableNames: map[string]*inode{}}
}

// sync makes durable what fate lets survive, and forgets the rest.
func (n *inode) sync(f fate) {
	if n.mode.IsDir() {
		n.durableNames = f.namesOf(n)
		n.moves = nil
		return
	}
	n.durable = f.contentOf(n)
	n.changes = nil
}

func (n *inode) move(m move) {
	for name, to := range m {
		if to == nil {
			delete(n.names, name)
		} else {
			n.names[name] = to
		}
	}
	n.moves = append(n.moves, m)
}

// copier copies a tree of inodes. Two names of one stay two names of one.
type copier struct {
	seen map[*inode]*inode
	make func(*inode) *inode // a copy whose names are still those of the original
}

func (c *copier) copy(n *inode) *inode {
	if n == nil {
		return nil
	}
	if done := c.seen[n]; done != nil {
		return done
	}
	to := c.make(n)
	c.seen[n] = to
	to.locked, to.uses = false, 0
	to.names, to.durableNames = c.all(to.names), c.all(to.durableNames)
	moves := make([]move, len(to.moves))
	for i, m := range to.moves {
		moves[i] = c.all(m)
	}
	to.moves = moves
	return to
}

func (c *copier) all(names map[string]*inode) map[string]*inode {
	out := maps.Clone(names)
	for _, name := range slices.Sorted(maps.Keys(names)) { // chance must meet them in the same order each time
		out[name] = c.copy(names[name])
	}
	return out
}
