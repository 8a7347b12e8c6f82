package lan

import (
	"bytes"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Condition is how frames fare on their way from one port to another.
type Condition struct {
	Lost  bool          // none arrives
	Delay time.Duration // each arrives so much later
	Rate  int64         // bytes a second; 0: as they come
}

// Set sets how frames fare from one port to another, in this direction.
func (s *Switch) Set(from, to *Port, c Condition) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.lanes[[2]int{from.number, to.number}].condition.Store(&c)
}

// Both sets it in both directions.
func (s *Switch) Both(a, b *Port, c Condition) {
	s.Set(a, b, c)
	s.Set(b, a, c)
}

// laneFrames is how many frames wait at most; more are lost, as in any switch.
const laneFrames = 2048

// lane is the way from one port to another. Its frames keep their order.
type lane struct {
	to        *Port
	condition atomic.Pointer[Condition]
	frames    chan frame
}

type frame struct {
	bytes []byte
	came  time.Time
}

func (s *Switch) newLane(to *Port) *lane {
	l := &lane{to: to, frames: make(chan frame, laneFrames)}
	l.condition.Store(&Condition{})
	s.running.Go(func() { l.run(s.closed) })
	return l
}

func (l *lane) send(b []byte) {
	if l.condition.Load().Lost {
		return
	}
	select {
	case l.frames <- frame{bytes.Clone(b), time.Now()}:
	default:
	}
}

func (l *lane) run(closed <-chan struct{}) {
	for {
		var f frame
		select {
		case f = <-l.frames:
		case <-closed:
			return
		}
		c := l.condition.Load()
		due := time.Until(f.came.Add(c.Delay))
		if c.Rate > 0 {
			due = max(due, 0) + time.Duration(len(f.bytes))*time.Second/time.Duration(c.Rate)
		}
		if due > 0 {
			select {
			case <-time.After(due):
			case <-closed:
				return
			}
		}
		if l.condition.Load().Lost {
			continue
		}
		_, _ = l.to.tap.Write(f.bytes) // fails while the link is down: then it is lost
	}
}

// receive hands on what comes from a port, until the switch is closed.
func (s *Switch) receive(p *Port) {
	b := make([]byte, mtu+64)
	for {
		n, err := p.tap.Read(b)
		switch {
		case errors.Is(err, os.ErrClosed):
			return
		case errors.Is(err, unix.EBADFD) || errors.Is(err, unix.EIO): // the link is down
			select {
			case <-time.After(10 * time.Millisecond):
			case <-s.closed:
				return
			}
			continue
		case err != nil || n < 14: // of a frame's head
			continue
		}
		s.pass(p, b[:n])
	}
}

// pass sends a frame to whom it is for, or to everyone.
func (s *Switch) pass(from *Port, b []byte) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	everyone := b[0]&1 != 0
	for _, to := range s.ports {
		if to != from && (everyone || int(b[5]) == to.number+1) {
			s.lanes[[2]int{from.number, to.number}].send(b)
		}
	}
}
