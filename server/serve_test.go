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
			s.handler.running.Go(func() { time.Sleep(c.runs) })
			start := time.Now()
			s.await(cutTimeout)
			waited := time.Since(start)
			s.handler.running.Wait()
			synctest.Wait()
			if waited != c.want {
				t.Errorf("waited %s for what runs %s", waited, c.runs)
			}
		})
	}
}
