package s3

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ossd/engine/blob"
)

const (
	partFrames  = 80 // the fewest that make the 5 MiB which a part must have
	smallFrames = 12 // what a blob may hold without a part buffer; grown by append, below 1 MiB
)

// partBuffer has room for one part.
type partBuffer [partFrames * storedFrame]byte

// buffers bounds how many part buffers there are in use.
type buffers struct {
	used chan struct{}
	pool sync.Pool
}

func newBuffers(n int) *buffers {
	return &buffers{used: make(chan struct{}, n), pool: sync.Pool{New: func() any { return new(partBuffer) }}}
}

// try returns a buffer, or nil if all are in use.
func (b *buffers) try() *partBuffer {
	select {
	case b.used <- struct{}{}:
		return b.pool.Get().(*partBuffer)
	default:
		return nil
	}
}

// wait waits for a buffer, for a time at most.
func (b *buffers) wait(ctx context.Context, most time.Duration) (*partBuffer, error) {
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case b.used <- struct{}{}:
		return b.pool.Get().(*partBuffer), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, fmt.Errorf("%w: blob/s3: all %d part buffers were in use for %v", blob.ErrUnavailable, cap(b.used), most)
	}
}

func (b *buffers) give(p *partBuffer) {
	if p != nil {
		b.pool.Put(p)
		<-b.used
	}
}
