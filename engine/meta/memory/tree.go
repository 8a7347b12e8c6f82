package memory

import (
	"bytes"
	"hash/maphash"
)

// node is the root of an immutable treap: a search tree by key, a heap by
// prio. Methods that change it return a new root and share what they can; a
// nil node is the empty tree. Priorities are a hash of the key, so that the
// shape depends on the rows alone.
type node struct {
	key, value  []byte
	prio        uint64
	left, right *node
}

var seed = maphash.MakeSeed()

func (n *node) get(key []byte) *node {
	for n != nil {
		switch c := bytes.Compare(key, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n
		}
	}
	return nil
}

// ceiling returns the row with the smallest key ≥ key, or nil.
func (n *node) ceiling(key []byte) *node {
	var best *node
	for n != nil {
		if bytes.Compare(n.key, key) < 0 {
			n = n.right
		} else {
			best, n = n, n.left
		}
	}
	return best
}

// put returns the tree with the row added or replaced. It keeps the slices.
func (n *node) put(key, value []byte) *node {
	return n.insert(&node{key: key, value: value, prio: maphash.Bytes(seed, key)})
}

func (n *node) insert(row *node) *node {
	if n == nil {
		return row
	}
	c := bytes.Compare(row.key, n.key)
	if c == 0 {
		row.left, row.right = n.left, n.right
		return row
	}
	if row.prio > n.prio {
		row.left, row.right = n.split(row.key)
		return row
	}
	m := *n
	if c < 0 {
		m.left = n.left.insert(row)
	} else {
		m.right = n.right.insert(row)
	}
	return &m
}

// split returns the rows below and above a key that the tree does not hold.
func (n *node) split(key []byte) (below, above *node) {
	if n == nil {
		return nil, nil
	}
	m := *n
	if bytes.Compare(n.key, key) < 0 {
		m.right, above = n.right.split(key)
		return &m, above
	}
	below, m.left = n.left.split(key)
	return below, &m
}

// remove returns the tree without the row.
func (n *node) remove(key []byte) *node {
	if n == nil {
		return nil
	}
	m := *n
	switch c := bytes.Compare(key, n.key); {
	case c < 0:
		m.left = n.left.remove(key)
	case c > 0:
		m.right = n.right.remove(key)
	default:
		return join(n.left, n.right)
	}
	return &m
}

// join returns the rows of both trees; all keys of a are smaller than b's.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.prio > b.prio:
		m := *a
		m.right = join(a.right, b)
		return &m
	default:
		m := *b
		m.left = join(a, b.left)
		return &m
	}
}

// cursor walks a tree below an end. It is a lister.Cursor. It holds no path:
// each step is a descent, which is fast enough here and cannot go stale.
type cursor struct {
	root *node
	end  []byte // nil: none
	at   *node
}

func (c *cursor) SeekGE(key []byte) bool {
	c.at = c.root.ceiling(key)
	if c.at != nil && c.end != nil && bytes.Compare(c.at.key, c.end) >= 0 {
		c.at = nil
	}
	return c.at != nil
}

func (c *cursor) Next() bool {
	return c.at != nil && c.SeekGE(append(bytes.Clone(c.at.key), 0))
}

func (c *cursor) Key() []byte                  { return c.at.key }
func (c *cursor) ValueAndErr() ([]byte, error) { return c.at.value, nil }
func (c *cursor) Error() error                 { return nil }
