package access

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"ossd/engine/meta"
)

// When a key was last used is told coarsely, so that no request waits for it: a
// use is noted in memory, and only if the last one that was noted is useInterval
// ago. Notes are written together, useDelay after the first of them, by a
// goroutine of their own. So there is at most one write of a key's row in an
// interval, the date told is at most an interval before the last use, and a crash
// loses the notes of the last useDelay, which the next use makes up for.
const (
	useInterval = time.Hour
	useDelay    = time.Second
	maxUses     = 16384 // notes in memory; beyond them a use is left to the next interval
)

// keyUse is the last use that was noted, of a key whose credential is cached.
type keyUse struct{ seconds atomic.Int64 }

func newKeyUse(last time.Time) *keyUse {
	u := &keyUse{}
	if !last.IsZero() {
		u.seconds.Store(last.Unix())
	}
	return u
}

// keyUses are the notes.
type keyUses struct {
	sync.Mutex
	pending map[string]time.Time
	timer   *time.Timer // set while a writing is to come
	closed  bool
	writing sync.Mutex // held while notes are written
}

// Used notes that a request proved to hold the secret of c. It neither waits nor
// fails. Sessions are not noted: RAM knows no key of theirs.
func (d *Directory) Used(c *Credential, now time.Time) {
	if c == nil || c.use == nil {
		return
	}
	last := c.use.seconds.Load()
	if now.Unix()-last < int64(useInterval/time.Second) || !c.use.seconds.CompareAndSwap(last, now.Unix()) {
		return
	}
	d.used.Lock()
	defer d.used.Unlock()
	if d.used.closed || len(d.used.pending) >= maxUses {
		return
	}
	if d.used.pending == nil {
		d.used.pending = map[string]time.Time{}
	}
	d.used.pending[c.AccessKeyID] = now.UTC().Truncate(time.Second)
	if d.used.timer == nil {
		d.used.timer = time.AfterFunc(useDelay, d.writeUses)
	}
}

// AccessKeyLastUsed tells when a key was last used, as coarsely as it is noted;
// zero: never.
func (d *Directory) AccessKeyLastUsed(ctx context.Context, account, user, id string) (last time.Time, err error) {
	// Before the row is read: a note that is written meanwhile must show in one of them.
	noted := d.noted(id)
	row, err := d.keyOf(ctx, account, user, id)
	refusal := (*Error)(nil)
	switch {
	case err == nil && row == nil, errors.As(err, &refusal) && refusal.Kind == AlreadyExists: // somebody else's
		return last, &Error{Kind: NotExist, Entity: "User.AccessKey"}
	case err != nil:
		return last, err
	case noted.After(row.LastUsed):
		return noted, nil
	}
	return row.LastUsed, nil
}

func (d *Directory) noted(id string) time.Time {
	d.used.Lock()
	defer d.used.Unlock()
	return d.used.pending[id]
}

// writeUses writes the notes. What cannot be written is lost: the next use after
// the interval is noted again, and nothing here may grow with a disk in trouble.
func (d *Directory) writeUses() {
	d.used.writing.Lock() // Close waits here for the writing
	defer d.used.writing.Unlock()
	d.used.Lock()
	notes := maps.Clone(d.used.pending)
	d.used.timer = nil
	d.used.Unlock()
	if len(notes) == 0 {
		return
	}
	// Not by d.update: nothing that is cached becomes stale.
	_ = d.rows.Update(context.Background(), []meta.Lock{meta.Exclusive(rowPrefix)}, func(tx meta.Tx) error {
		for id, at := range notes {
			var row accessKeyRow
			if ok, err := readRow(tx, accessKeyKey(id), &row); err != nil {
				return err
			} else if !ok || at.Sub(row.LastUsed) < useInterval { // a key that was deleted stays so
				continue
			}
			row.LastUsed = at
			if err := writeRow(tx, accessKeyKey(id), row); err != nil {
				return err
			}
		}
		return nil
	})
	d.used.Lock()
	defer d.used.Unlock()
	for id, at := range notes {
		if d.used.pending[id].Equal(at) {
			delete(d.used.pending, id)
		}
	}
}

// closeUses writes what is noted and takes no more notes.
func (d *Directory) closeUses() {
	d.used.Lock()
	if d.used.timer != nil {
		d.used.timer.Stop()
	}
	d.used.closed = true
	d.used.Unlock()
	d.writeUses()
}
