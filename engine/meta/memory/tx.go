package memory

import (
	"bytes"
	"fmt"
	"iter"
	"strings"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/lister"
)

// snapshot is a meta.Snapshot of one root.
type snapshot struct {
	root  *node
	ended bool
}

func (s *snapshot) end() { s.root, s.ended = nil, true }

func (s *snapshot) Get(key []byte) ([]byte, error) {
	if s.ended {
		return nil, errEnded
	}
	n := s.root.get(key)
	if n == nil {
		return nil, meta.ErrNotFound
	}
	return bytes.Clone(n.value), nil
}

func (s *snapshot) Scan(lo, hi []byte) iter.Seq2[meta.Row, error] {
	return s.scan(lo, hi, func(*node) {})
}

// scan tells seen of every row before it yields a copy of it.
func (s *snapshot) scan(lo, hi []byte, seen func(*node)) iter.Seq2[meta.Row, error] {
	return func(yield func(meta.Row, error) bool) {
		c := cursor{root: s.root, end: hi}
		for ok := c.SeekGE(lo); ok && !s.ended; ok = c.Next() {
			seen(c.at)
			row := meta.Row{Key: bytes.Clone(c.at.key), Value: bytes.Clone(c.at.value)}
			if !yield(row, nil) {
				return
			}
			// Whoever keeps a row beyond its time shall notice.
			scribble(row.Key)
			scribble(row.Value)
		}
		if s.ended {
			yield(meta.Row{}, errEnded)
		}
	}
}

func (s *snapshot) List(q meta.ListQuery) (meta.ListPage, error) {
	if s.ended {
		return meta.ListPage{}, errEnded
	}
	_, hi := lister.Bounds(q)
	return lister.Page(&cursor{root: s.root, end: hi}, q)
}

func scribble(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}

// tx is a meta.Tx: the embedded root already has the writes that follow.
type tx struct {
	snapshot
	base    *node       // the rows as they were when it began
	locks   []meta.Lock // held, sorted
	writes  []write
	reads   []read
	refused error // the first access that was refused
}

type write struct {
	key, value     []byte
	insert, delete bool
}

// read is what was seen of a row of base: row is nil if there was none.
type read struct {
	key []byte
	row *node
}

func (t *tx) Get(key []byte) ([]byte, error) {
	if err := t.covers(key, false); err != nil {
		return nil, err
	}
	t.note(key)
	return t.snapshot.Get(key)
}

func (t *tx) Scan(lo, hi []byte) iter.Seq2[meta.Row, error] {
	if err := t.coversRange(lo, hi); err != nil {
		return func(yield func(meta.Row, error) bool) { yield(meta.Row{}, err) }
	}
	return t.snapshot.scan(lo, hi, func(n *node) { t.note(n.key) })
}

func (t *tx) List(q meta.ListQuery) (meta.ListPage, error) {
	if err := t.coversRange(lister.Bounds(q)); err != nil {
		return meta.ListPage{}, err
	}
	return t.snapshot.List(q)
}

func (t *tx) Put(key, value []byte) error {
	if err := t.covers(key, true); err != nil {
		return err
	}
	return t.write(write{key: bytes.Clone(key), value: clone(value)})
}

func (t *tx) Insert(key, value []byte) error {
	if !t.ended && t.root.get(key) != nil {
		t.refused = meta.ErrRowExists
		return t.refused
	}
	return t.write(write{key: bytes.Clone(key), value: clone(value), insert: true})
}

func (t *tx) Delete(key []byte) error {
	if err := t.covers(key, true); err != nil {
		return err
	}
	return t.write(write{key: bytes.Clone(key), delete: true})
}

// clone never returns nil: a row with an empty value has a value.
func clone(b []byte) []byte { return append([]byte{}, b...) }

func (t *tx) write(w write) error {
	if t.ended {
		return errEnded
	}
	if w.delete {
		t.root = t.root.remove(w.key)
	} else {
		t.root = t.root.put(w.key, w.value)
	}
	t.writes = append(t.writes, w)
	return nil
}

// note remembers what base held under key, for validate.
func (t *tx) note(key []byte) {
	if !t.ended {
		t.reads = append(t.reads, read{bytes.Clone(key), t.base.get(key)})
	}
}

// validate finds rows that were read and are no longer what they were. Locks
// that cover the reads prevent that, unless others do without them.
func (t *tx) validate(now *node) error {
	for _, r := range t.reads {
		if !same(r.row, now.get(r.key)) {
			return fmt.Errorf("row %q changed under its lock: %w", r.key, meta.ErrNotLocked)
		}
	}
	return nil
}

func same(a, b *node) bool {
	return a == b || a != nil && b != nil && bytes.Equal(a.value, b.value)
}

// covers says whether a held lock allows to read or write a row.
func (t *tx) covers(key []byte, write bool) error {
	for _, l := range t.locks {
		if l.Exclusive && bytes.HasPrefix(key, []byte(l.Name)) || !write && l.Name == string(key) {
			return nil
		}
	}
	return t.refuse("row %q", key)
}

// coversRange says whether one exclusive lock covers all of lo ≤ key < hi.
func (t *tx) coversRange(lo, hi []byte) error {
	for _, l := range t.locks {
		end := meta.PrefixEnd([]byte(l.Name))
		ends := end == nil || hi != nil && bytes.Compare(hi, end) <= 0
		if l.Exclusive && strings.HasPrefix(string(lo), l.Name) && ends {
			return nil
		}
	}
	return t.refuse("rows %q to %q", lo, hi)
}

func (t *tx) refuse(format string, args ...any) error {
	t.refused = fmt.Errorf(format+": %w", append(args, meta.ErrNotLocked)...)
	return t.refused
}
