package crashdisk

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// fate decides what survives of what was not synced.
type fate interface {
	contentOf(*inode) content
	namesOf(*inode) map[string]*inode
}

// all lets everything survive: it is what a sync that succeeds does.
type all struct{}

func (all) contentOf(n *inode) content {
	c := n.durable.clone()
	size := c.size
	for _, x := range n.changes {
		x.apply(&c, 0, x.length)
		c.resize(x.size)
		size = x.size
	}
	c.resize(size)
	return c
}

func (all) namesOf(n *inode) map[string]*inode {
	names := maps.Clone(n.durableNames)
	for _, m := range n.moves {
		m.apply(names)
	}
	return names
}

// chance lets each thing survive with a probability of its own.
type chance struct {
	random *rand.Rand
	odds   float64
}

func (c chance) happens() bool { return c.random.Float64() < c.odds }

func (c chance) contentOf(n *inode) content {
	out := n.durable.clone()
	sizes := []int64{out.size}
	for _, x := range n.changes {
		sizes = append(sizes, x.size)
		switch c.random.IntN(3) {
		case 0:
			if c.happens() {
				x.apply(&out, 0, x.length)
			}
		default:
			c.tear(x, &out)
		}
	}
	out.resize(c.sizeOf(sizes))
	return out
}

// tear applies some sectors of a change.
func (c chance) tear(x change, to *content) {
	for at := int64(0); at < x.length; {
		n := min(sectorSize-(x.offset+at)%sectorSize, x.length-at)
		if c.happens() {
			x.apply(to, at, n)
		}
		at += n
	}
}

// sizeOf is one of those that the file has had, or something between two of them.
func (c chance) sizeOf(sizes []int64) int64 {
	size := sizes[0]
	for _, s := range sizes[1:] {
		if c.happens() {
			size = s
		}
	}
	if lo, hi := slices.Min(sizes), slices.Max(sizes); c.random.IntN(8) == 0 && c.odds > 0 && c.odds < 1 && lo < hi {
		size = min(hi, (lo+c.random.Int64N(hi-lo))/sectorSize*sectorSize+sectorSize)
	}
	return size
}

func (c chance) namesOf(n *inode) map[string]*inode {
	names := maps.Clone(n.durableNames)
	for _, m := range n.moves {
		if c.happens() {
			m.apply(names)
		}
	}
	return names
}

// apply makes a part of the change.
func (x change) apply(c *content, from, n int64) {
	if x.data != nil {
		c.write(x.data[from:from+n], x.offset+from, 1<<62)
		return
	}
	c.zero(x.offset+from, n)
}

func (m move) apply(names map[string]*inode) {
	for name, n := range m {
		if n == nil {
			delete(names, name)
		} else {
			names[name] = n
		}
	}
}
