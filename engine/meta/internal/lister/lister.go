// Package lister turns an ordered cursor into pages of a meta.ListQuery, so
// that every engine that has a cursor lists alike. It knows no engine and keeps
// no state.
//
// A common prefix costs one seek behind its last row, however many rows lie
// below it.
package lister

import (
	"bytes"
	"errors"

	"ossd/engine/meta"
)

// Cursor walks rows in ascending byte order within the bounds that Bounds gave.
// Its methods report whether it stands on a row. Key and value are valid until
// it moves.
type Cursor interface {
	SeekGE(key []byte) bool
	Next() bool
	Key() []byte
	ValueAndErr() ([]byte, error)
	// Error returns what ended the walk early, if anything.
	Error() error
}

// ErrLimit is what a query without a limit gets.
var ErrLimit = errors.New("meta: list query needs a limit of at least 1")

// Bounds returns the rows that a query can touch: lo ≤ key < hi, nil for no end.
func Bounds(q meta.ListQuery) (lo, hi []byte) {
	lo = concat(q.Range, q.Prefix)
	return lo, meta.PrefixEnd(lo)
}

// Page reads one page. The cursor must be confined to Bounds(q).
func Page(c Cursor, q meta.ListQuery) (meta.ListPage, error) {
	if q.Limit < 1 {
		return meta.ListPage{}, ErrLimit
	}
	var page meta.ListPage
	var mem arena
	start, some := Begin(q)
	for ok := some && c.SeekGE(start); ok; {
		if len(page.Entries) == q.Limit {
			page.More = true
			break
		}
		name := c.Key()[len(q.Range):]
		if n := rolledUp(name, q); n > 0 {
			cp := mem.clone(name[:n])
			page.Entries = append(page.Entries, meta.Entry{Name: cp, CommonPrefix: true})
			behind := meta.PrefixEnd(concat(q.Range, cp))
			ok = behind != nil && c.SeekGE(behind)
			continue
		}
		entry := meta.Entry{Name: mem.clone(name)}
		if !q.KeysOnly {
			value, err := c.ValueAndErr()
			if err != nil {
				return meta.ListPage{}, err
			}
			entry.Value = mem.clone(value)
		}
		page.Entries = append(page.Entries, entry)
		ok = c.Next()
	}
	if err := c.Error(); err != nil {
		return meta.ListPage{}, err
	}
	return page, nil
}

// Begin returns the smallest key that may be listed, or false if none may.
func Begin(q meta.ListQuery) ([]byte, bool) {
	if bytes.Compare(q.After, q.Prefix) < 0 {
		return concat(q.Range, q.Prefix), true
	}
	if n := rolledUp(q.After, q); n > 0 && n == len(q.After) {
		behind := meta.PrefixEnd(concat(q.Range, q.After))
		return behind, behind != nil
	}
	// The next name in byte order is After with a zero byte behind it.
	return append(concat(q.Range, q.After), 0), true
}

// rolledUp returns the length of the common prefix that name is rolled up
// into, or 0 if it stands for itself.
func rolledUp(name []byte, q meta.ListQuery) int {
	if len(q.Delimiter) == 0 || !bytes.HasPrefix(name, q.Prefix) {
		return 0
	}
	i := bytes.Index(name[len(q.Prefix):], q.Delimiter)
	if i < 0 {
		return 0
	}
	return len(q.Prefix) + i + len(q.Delimiter)
}

func concat(a, b []byte) []byte {
	return append(append(make([]byte, 0, len(a)+len(b)+1), a...), b...)
}

// arena hands out copies that share their backing memory, since a page is
// thrown away as a whole.
type arena struct{ free []byte }

const arenaChunk = 16 << 10

func (a *arena) clone(b []byte) []byte {
	if len(b) == 0 {
		return []byte{}
	}
	if len(b) > len(a.free) {
		if len(b) > arenaChunk/4 {
			return bytes.Clone(b)
		}
		a.free = make([]byte, arenaChunk)
	}
	c := a.free[:len(b):len(b)]
	a.free = a.free[len(b):]
	copy(c, b)
	return c
}
