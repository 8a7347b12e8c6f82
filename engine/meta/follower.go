package meta

import (
	"context"
	"time"
)

// Follower is what a Store offers beside whose rows other processes write too.
type Follower interface {
	// Follow calls seen with the value of the row at key, nil if there is none, again
	// and again: soon after a commit of any process that follows the key wrote it, and else at least once an
	// interval as long as the engine answers. at is this machine's time just before
	// the reading began. seen is called from one goroutine, which must not wait for
	// Close. Follow returns at once; it ends with ctx or Close.
	Follow(ctx context.Context, key []byte, interval time.Duration, seen func(value []byte, at time.Time))
}
