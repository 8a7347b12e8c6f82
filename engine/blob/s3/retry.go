package s3

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"ossd/engine/blob"
)

const (
	tries      = 5
	firstPause = 50 * time.Millisecond // doubled each time; the client adds up to 0.2 s of its own
)

// try makes a request until it succeeds, or fails in a way that lasts. Every
// request of this package may be repeated: a name is used for one content only,
// and to complete an upload twice fails, which leaves an object that Walk finds.
func (s *Store) try(ctx context.Context, doing, name string, once func(context.Context) error) error {
	begun := time.Now()
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := judge(ctx, doing, name, once(ctx))
		if !errors.Is(err, blob.ErrUnavailable) || n == tries || time.Since(begun) > s.config.RetryFor {
			return err
		}
		s.metrics.retries.WithLabelValues(doing).Inc()
		pause := firstPause << n
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		}
	}
}
