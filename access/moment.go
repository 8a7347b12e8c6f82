package access

import (
	"context"
	"sync/atomic"

	"ossd/engine/meta"
)

// changes counts what was changed in the rows, so that what was read from them can be kept in memory.
// A change is told before its commit, so that whatever somebody may have seen of it, nobody
// who asks later is answered from what was kept before.
type changes struct {
	generation atomic.Uint64 // one more for every change that was begun
	underWay   atomic.Int64  // how many were begun and may have been committed, or not
}

// begin must come before the commit.
func (c *changes) begin() {
	c.underWay.Add(1)
	c.generation.Add(1)
}

// end must come when the commit has succeeded or failed.
func (c *changes) end() { c.underWay.Add(-1) }

// A moment is one state of the rows. Everything that a decision rests on is of the same
// moment: where a key is disabled and only then a policy attached, no request may have both.
//
// Reading through a moment is quick as long as nothing changes: from memory, and what is
// missing there from the rows. Where something has changed meanwhile, it stands no more, and
// what was read through it must be read again through a moment that is a snapshot.
type moment struct {
	d          *Directory
	generation uint64
	quiet      bool          // nothing was being changed when it began, as far as is known
	snapshot   meta.Snapshot // nil: from memory
}

// present is the moment of now.
func (d *Directory) present() moment {
	m := moment{d: d, generation: d.changes.generation.Load()}
	m.quiet = d.changes.underWay.Load() == 0 && d.following.fresh()
	return m
}

// stands tells whether everything that was read through m is of one state.
func (m moment) stands() bool {
	return m.snapshot != nil || m.quiet && m.d.changes.generation.Load() == m.generation
}

// read runs fn on the rows. What it finds may be kept under m.generation if m.quiet.
func (m moment) read(ctx context.Context, fn func(meta.Snapshot) error) error {
	if m.snapshot != nil {
		return fn(m.snapshot)
	}
	return m.d.view(ctx, fn)
}

// atOneMoment runs fn, and once more if what it read was not of one state.
func (d *Directory) atOneMoment(ctx context.Context, fn func(moment) error) error {
	m := d.present()
	if m.quiet {
		if err := fn(m); m.stands() {
			return err
		}
	}
	return d.view(ctx, func(s meta.Snapshot) error {
		return fn(moment{d: d, snapshot: s})
	})
}
