package server

import (
	"testing"
	"testing/synctest"
	"time"
)

// Requests whose connections were closed are waited for, but not for ever.
func TestAwait(t *testing.T) {
	for _, c := range []struct{ runs, want time.Duration }{{0, 0}, {3 * time.Second, 3 * time.Second}, {time.Minute, cutTimeout}} {
		synctest.Test(t, func(t *testing.T) {
			s := &Server{handler: &router{}}
			s.handler.running.Add(1)
			start := time.Now()
			go func() { time.Sleep(c.runs); s.handler.running.Add(-1) }()
			s.await(cutTimeout)
			if waited := time.Since(start); waited < c.want || waited > c.want+10*time.Millisecond {
				t.Errorf("waited %s for what runs %s", waited, c.runs)
			}
			time.Sleep(c.runs)
		})
	}
}
