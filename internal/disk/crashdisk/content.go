package crashdisk

import "maps"

const (
	pageSize   = 4096
	sectorSize = 512
)

// content is what a file holds. Pages are never changed, only replaced, so that
// copies of a content share them. A page that is missing is a hole.
type content struct {
	size  int64
	pages map[int64]*[pageSize]byte
}

func newContent() content { return content{pages: map[int64]*[pageSize]byte{}} }

func (c *content) clone() content { return content{c.size, maps.Clone(c.pages)} }

// read fills p, which must lie within the content.
func (c *content) read(p []byte, offset int64) {
	eachPage(offset, int64(len(p)), func(page, from, n, done int64) bool {
		to := p[done:][:n]
		if b := c.pages[page]; b != nil {
			copy(to, b[from:])
		} else {
			clear(to)
		}
		return true
	})
}

// write changes bytes and makes room for them. It does so for as many pages as
// may be added, and returns how many bytes fitted.
func (c *content) write(p []byte, offset int64, room int64) (written int64) {
	eachPage(offset, int64(len(p)), func(page, from, n, done int64) bool {
		old := c.pages[page]
		if old == nil {
			if room == 0 {
				return false
			}
			room--
			old = new([pageSize]byte)
		}
		fresh := *old
		copy(fresh[from:], p[done:][:n])
		c.pages[page] = &fresh
		written = done + n
		return true
	})
	if written > 0 {
		c.size = max(c.size, offset+written)
	}
	return written
}

// resize cuts off, or appends a hole.
func (c *content) resize(size int64) {
	if size < c.size {
		c.zero(size, c.size-size)
	}
	c.size = size
}

// zero makes a range zeros, and whole pages of it holes.
func (c *content) zero(offset, length int64) {
	eachPage(offset, length, func(page, from, n, _ int64) bool {
		old := c.pages[page]
		switch {
		case old == nil:
		case n == pageSize || from == 0 && page*pageSize+n >= c.size:
			delete(c.pages, page)
		default:
			fresh := *old
			clear(fresh[from : from+n])
			c.pages[page] = &fresh
		}
		return true
	})
}

// eachPage visits the pages of a range: which, from where in it, how many
// bytes, and how many came before. It ends when visit returns false.
func eachPage(offset, length int64, visit func(page, from, n, done int64) bool) {
	for done := int64(0); done < length; {
		page, from := (offset+done)/pageSize, (offset+done)%pageSize
		n := min(pageSize-from, length-done)
		if !visit(page, from, n, done) {
			return
		}
		done += n
	}
}
