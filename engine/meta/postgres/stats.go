package postgres

import "time"

// Stats are figures of a store since it was opened, and of its connections now.
type Stats struct {
	MaxConns, InUse, Idle int
	Waiting               int           // calls that wait for a connection
	Waited                int64         // how often a connection was not at hand
	WaitedFor             time.Duration // in all
	RoundTrips            int64
	Retries               int64 // round trips and Updates that were tried again
	Unknown               int64 // commits whose answer was lost
}

// Stats returns the figures.
func (s *Store) Stats() Stats {
	p := s.pool.Stat()
	return Stats{
		MaxConns: int(p.MaxConns()), InUse: int(p.AcquiredConns()), Idle: int(p.IdleConns()),
		Waiting: int(s.waiting.Load()), Waited: p.EmptyAcquireCount(), WaitedFor: p.EmptyAcquireWaitTime(),
		RoundTrips: s.roundTrips.Load(), Retries: s.retries.Load(), Unknown: s.unknown.Load(),
	}
}
