package segment

import (
	"container/list"
	"errors"
	"io/fs"
	"sync"

	"ossd/internal/disk"
)

// table holds the segments that are open. When there are more than it may
// keep, the one that was not used for longest is closed, once nobody reads it.
type table struct {
	disk disk.FS
	dir  string
	keep int

	mu   sync.Mutex
	all  map[uint64]*list.Element
	used list.List // of *segment, the latest in front
}

func newTable(on disk.FS, dir string, keep int) *table {
	return &table{disk: on, dir: dir, keep: keep, all: map[uint64]*list.Element{}}
}

// get returns a segment, which the caller must release. The error of a file that
// does not exist is fs.ErrNotExist.
func (t *table) get(id uint64) (*segment, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.all[id]; ok {
		t.used.MoveToFront(e)
		s := e.Value.(*segment)
		s.uses.Add(1)
		return s, nil
	}
	s, err := openSegment(t.disk, t.dir, id)
	if err != nil {
		return nil, err
	}
	s.uses.Add(1)
	t.insert(s)
	return s, nil
}

// add takes over a segment that was just made.
func (t *table) add(s *segment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.insert(s)
}

func (t *table) insert(s *segment) {
	t.all[s.id] = t.used.PushFront(s)
	for e := t.used.Back(); e != nil && len(t.all) > t.keep; {
		old := e
		e = e.Prev()
		// An active segment must stay: what it knows of its end is nowhere else.
		if !old.Value.(*segment).isActive() {
			t.drop(old)
		}
	}
}

func (t *table) drop(e *list.Element) {
	s := t.used.Remove(e).(*segment)
	delete(t.all, s.id)
	s.release()
}

// remove takes a segment away from the table and its directory at once: whoever
// opened it between the two would hold a file, and its space, that nobody looks
// for any more. That it is gone already is no error.
func (t *table) remove(id uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.all[id]; ok {
		t.drop(e)
	}
	err := t.disk.Remove(segmentPath(t.dir, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.used.Len() > 0 {
		t.drop(t.used.Front())
	}
}
