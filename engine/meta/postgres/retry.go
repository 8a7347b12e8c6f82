package postgres

import (
	"context"
	"math/rand/v2"
	"time"
)

// retry bounds how often and how long one call is tried again.
type retry struct {
	store *Store
	until time.Time
	tries int
}

func (s *Store) newRetry() *retry { return &retry{store: s, until: time.Now().Add(s.config.RetryFor)} }

// another waits and reports whether to try once more. The first time is at once: most
// often a single connection was at fault.
func (r *retry) another(ctx context.Context) bool {
	if r.tries == maxRetries || ctx.Err() != nil {
		return false
	}
	if r.tries > 0 {
		wait := min(10*time.Millisecond<<r.tries, 500*time.Millisecond)
		wait += rand.N(wait)
		if time.Now().Add(wait).After(r.until) {
			return false
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return false
		}
	}
	r.tries++
	r.store.retries.Add(1)
	return true
}
