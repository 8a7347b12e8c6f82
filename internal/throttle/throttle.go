// Package throttle slows a flow of bytes down to a rate. It does not know where
// they come from or go to.
package throttle

import (
	"context"
	"time"
)

// slack is how far a flow may run ahead of its rate, so that it does not sleep for
// less than the clock can tell.
const slack = 20 * time.Millisecond

// Throttle is one flow. It is used by one goroutine at a time; nil never waits.
type Throttle struct {
	rate float64   // bytes a second
	due  time.Time // when all that has passed would have, at that rate
}

// New lets so many bytes a second pass; 0 means no limit.
func New(bytesPerSecond int64) *Throttle {
	if bytesPerSecond <= 0 {
		return nil
	}
	return &Throttle{rate: float64(bytesPerSecond)}
}

// Wait accounts for n bytes and returns when more may follow. It fails only when ctx has ended.
func (t *Throttle) Wait(ctx context.Context, n int) error {
	if t == nil {
		return ctx.Err()
	}
	now := time.Now()
	if t.due.Before(now) { // time that was not used is not made up for
		t.due = now
	}
	t.due = t.due.Add(time.Duration(float64(n) / t.rate * float64(time.Second)))
	ahead := t.due.Sub(now)
	if ahead < slack {
		return ctx.Err()
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
