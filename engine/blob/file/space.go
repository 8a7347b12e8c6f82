package file

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"ossd/engine/blob"
)

// spaceMaxAge is how long an answer about free space is believed. In between
// what is written here is subtracted; what others write is not seen.
const spaceMaxAge = time.Second

// space guards the reserve of a file system.
type space struct {
	reserve int64
	now     func() time.Time
	ask     func() (int64, error) // free bytes

	mu    sync.Mutex
	free  int64
	asked time.Time
}

func newSpace(config Config) *space {
	s := &space{reserve: config.ReserveBytes, now: config.Now}
	s.ask = func() (int64, error) { return statfs(config.Dir) }
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// take accounts for n bytes that are about to be written, or refuses them.
func (s *space) take(n int64) error { return s.account(n, n) }

// check refuses n bytes that will not fit, without accounting for them.
func (s *space) check(n int64) error { return s.account(n, 0) }

func (s *space) account(need, taken int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.asked.IsZero() || now.Sub(s.asked) >= spaceMaxAge {
		free, err := s.ask()
		if err != nil {
			return err
		}
		s.free, s.asked = free, now
	}
	if s.free-s.reserve < need {
		return fmt.Errorf("%w: %d bytes are free, %d are kept in reserve", blob.ErrFull, s.free, s.reserve)
	}
	s.free -= taken
	return nil
}

// statfs returns how many bytes an unprivileged process may still write.
func statfs(dir string) (int64, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(dir, &st)
		if err == nil {
			return int64(st.Bavail) * int64(st.Bsize), nil
		}
		if !errors.Is(err, unix.EINTR) {
			return 0, fmt.Errorf("blob/file: free space of %s: %w", dir, err)
		}
	}
}

// full makes the system's ways to say that there is no room blob.ErrFull.
func full(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", blob.ErrFull, err)
	}
	return err
}
