package access

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"ossd/engine/meta"
)

// Where several processes share the rows, each keeps in memory what it has read, and follows one
// row, which every change of any of them rewrites. StaleBound is how long after a change has been
// answered another process may still decide by what was before: it uses what it keeps only if
// its last look at that row began no longer ago. Usually it is told within milliseconds.
const (
	StaleBound = 3 * time.Second

	followInterval = time.Second
)

// revisionKey is that row. Its value is random.
const revisionKey = "A/revision"

// following is what a process knows of the changes of others.
type following struct {
	stop     context.CancelFunc
	looked   atomic.Int64 // when the last look began, since begun; negative: never
	begun    time.Time    // with a monotonic clock: nobody may set that back
	revision string       // as it was seen last; of one goroutine
}

// follow begins to follow if others may change the rows, and does nothing otherwise.
func (d *Directory) follow() {
	rows, ok := d.rows.(meta.Follower)
	if !ok {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &following{stop: stop, begun: time.Now()}
	f.looked.Store(-1)
	d.following = f
	rows.Follow(ctx, []byte(revisionKey), followInterval, func(value []byte, at time.Time) {
		if string(value) != f.revision {
			f.revision = string(value)
			// Whatever fails here fails again, and is told, where the ring is needed.
			_ = d.reloadRing(ctx)
			d.changes.generation.Add(1)
		}
		f.looked.Store(int64(at.Sub(f.begun)))
	})
}

// fresh tells whether what is kept in memory may be used.
func (f *following) fresh() bool {
	if f == nil {
		return true
	}
	looked := f.looked.Load()
	return looked >= 0 && time.Since(f.begun)-time.Duration(looked) < StaleBound
}

func (f *following) end() {
	if f != nil {
		f.stop()
	}
}

// revise tells the processes that follow that something changes with tx.
func (d *Directory) revise(tx meta.Tx, revision string) error {
	if d.following == nil {
		return nil
	}
	return tx.Put([]byte(revisionKey), []byte(revision))
}

// ringReload keeps the rows from being asked for every token that names a key of
// a ring that never was: such a token waits.
type ringReload struct {
	sync.Mutex
	last time.Time // when the last reading began
}

const ringReloadInterval = 100 * time.Millisecond

// reloadRing takes over the ring from the rows.
func (d *Directory) reloadRing(ctx context.Context) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	return d.readRing(ctx)
}

// renewRing takes over the ring as it was at an instant or later: what was sealed before that opens.
func (d *Directory) renewRing(ctx context.Context, instant time.Time) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if d.reloading.last.After(instant) {
		return nil
	}
	select {
	case <-time.After(time.Until(d.reloading.last.Add(ringReloadInterval))):
		return d.readRing(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readRing needs d.reloading.
func (d *Directory) readRing(ctx context.Context) error {
	d.reloading.last = time.Now()
	var row ringRow
	err := d.view(ctx, func(s meta.Snapshot) error {
		ok, err := readRow(s, ringKey, &row)
		if err == nil && !ok {
			err = errors.New("access: the key ring is gone")
		}
		return err
	})
	if err != nil {
		return err
	}
	opened, err := openRing(row, d.master, d.random)
	if err == nil {
		// Whatever its number: a database that was put back to an earlier state knows no later key.
		d.ring.Store(opened)
	}
	return err
}

// adoptRing takes a ring unless a newer one is at hand, which somebody else has read or made meanwhile.
func (d *Directory) adoptRing(r *ring) {
	for {
		old := d.ring.Load()
		if old != nil && old.current > r.current || d.ring.CompareAndSwap(old, r) {
			return
		}
	}
}

// errRingKey says that something was sealed with a key that the ring at hand does not have.
var errRingKey = errors.New("access: sealed with a key that is not in the ring")

// withRing runs open on the ring, and once more where another process has rotated it just now.
func (d *Directory) withRing(ctx context.Context, open func(*ring) error) error {
	begun := time.Now()
	err := open(d.ring.Load())
	if !errors.Is(err, errRingKey) || d.following == nil {
		return err
	}
	if err := d.renewRing(ctx, begun); err != nil {
		return err
	}
	return open(d.ring.Load())
}
