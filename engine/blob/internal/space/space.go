// Package space guards the reserve of a file system: new blobs are refused while
// reading and deleting, and the rows that these write, still have room.
package space

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ossd/engine/blob"
	"ossd/internal/disk"
)

// maxAge is how long an answer about free space is believed. In between what is
// taken here is subtracted; what others write is not seen.
const maxAge = time.Second

// Guard guards one file system. It may be used from many goroutines.
type Guard struct {
	reserve int64
	now     func() time.Time
	ask     func() (int64, error) // free bytes

	mu    sync.Mutex
	free  int64
	asked time.Time
}

// New guards the file system that dir is on: reserve bytes are kept free. now may be nil.
func New(on disk.FS, dir string, reserve int64, now func() time.Time) *Guard {
	if now == nil {
		now = time.Now
	}
	return &Guard{reserve: reserve, now: now, ask: func() (int64, error) { return on.Free(dir) }}
}

// Ask replaces the question to the system, for tests.
func (g *Guard) Ask(ask func() (int64, error)) { g.ask = ask }

// Take accounts for n bytes that are about to be written, or refuses them.
func (g *Guard) Take(n int64) error { return g.account(n, n) }

// Check refuses n bytes that will not fit, without accounting for them.
func (g *Guard) Check(n int64) error { return g.account(n, 0) }

func (g *Guard) account(need, taken int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.asked.IsZero() || now.Sub(g.asked) >= maxAge {
		free, err := g.ask()
		if err != nil {
			return err
		}
		g.free, g.asked = free, now
	}
	if g.free-g.reserve < need {
		return fmt.Errorf("%w: %d bytes are free, %d are kept in reserve", blob.ErrFull, g.free, g.reserve)
	}
	g.free -= taken
	return nil
}

// Full makes the system's ways to say that there is no room blob.ErrFull.
func Full(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", blob.ErrFull, err)
	}
	return err
}
