// Package lease lets one of several processes that share rows do a job that need not be
// done twice, such as sweeping.
//
// It knows nothing of the job. It saves work and decides nothing: a process that was
// stopped for long may still believe that it holds a lease which another has taken over, so
// the job must be right when it is done twice.
package lease

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"ossd/engine/meta"
)

// rowPrefix is what the rows of leases begin with; the name of the lease follows. The value is who
// holds it (16 random bytes) and another 16 after each renewal.
const rowPrefix = "L"

// Config says what is leased.
type Config struct {
	Rows meta.Store
	Name string
	// Term is how long after its last sign of life a holder is given up; 0: 30 seconds.
	// No clocks are compared: whoever waits has watched the row for that long.
	Term time.Duration
}

// Run does job whenever this process holds the lease, until ctx ends. The job's context ends
// when the lease may be lost. A job that returns is begun again while the lease is held. The last act
// is to give the lease back, so that others need not wait for its end.
func Run(ctx context.Context, c Config, job func(context.Context)) {
	if c.Term == 0 {
		c.Term = 30 * time.Second
	}
	l := &lease{Config: c, key: []byte(rowPrefix + c.Name), me: mark()}
	for ctx.Err() == nil {
		if held, _ := l.take(ctx); held { // without the rows nobody holds it
			l.hold(ctx, job)
		}
		sleep(ctx, c.Term/4)
	}
}

type lease struct {
	Config
	key, me []byte

	seen  []byte    // the row of another holder
	since time.Time // when it was first seen like that
}

const markSize = 16

func mark() []byte {
	b := make([]byte, markSize)
	_, _ = rand.Read(b) // never fails, as documented
	return b
}

// take takes the lease, or renews it.
func (l *lease) take(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.Term/4)
	defer cancel()
	value := append(bytes.Clone(l.me), mark()...)
	var other []byte
	err = l.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(l.key))}, func(tx meta.Tx) error {
		row, err := tx.Get(l.key)
		if err != nil && !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		mine := err != nil || bytes.HasPrefix(row, l.me)
		if other = nil; !mine && !l.expired(row) {
			other = row
			return nil
		}
		return tx.Put(l.key, value)
	})
	if err == nil && other != nil && !bytes.Equal(other, l.seen) {
		l.seen, l.since = other, time.Now()
	}
	return err == nil && other == nil, err
}

func (l *lease) expired(row []byte) bool {
	return bytes.Equal(row, l.seen) && time.Since(l.since) >= l.Term
}

// hold does the job and renews the lease meanwhile.
func (l *lease) hold(ctx context.Context, job func(context.Context)) {
	working, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		for working.Err() == nil {
			job(working)
			sleep(working, l.Term/4)
		}
	})
	// Well before another can have watched it for a term.
	for renewed := time.Now(); ctx.Err() == nil && time.Since(renewed) < l.Term/2; {
		sleep(ctx, l.Term/8)
		began := time.Now()
		held, err := l.take(ctx)
		if err == nil && !held {
			break
		}
		if held {
			renewed = began
		}
	}
	stop()
	running.Wait()
	l.giveBack(context.WithoutCancel(ctx))
}

// giveBack removes the row if it is still this process's. Where that fails the lease expires.
func (l *lease) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.Term/4)
	defer cancel()
	_ = l.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(l.key))}, func(tx meta.Tx) error {
		row, err := tx.Get(l.key)
		if err != nil || !bytes.HasPrefix(row, l.me) {
			return err
		}
		return tx.Delete(l.key)
	})
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
