package objectstore

import (
	"context"
	"time"
)

// Restore says until when an archived object can be read. Its zero value: not at all.
type Restore struct {
	Ready  time.Time // when the restoring that was asked for is done
	Expiry time.Time // when the object freezes again
}

// RestoreState is what a Restore comes to at some instant.
type RestoreState int

const (
	Frozen RestoreState = iota
	Restoring
	Restored
)

// State tells whether the object can be read now.
func (r Restore) State(now time.Time) RestoreState {
	switch {
	case r.Ready.IsZero() || !now.Before(r.Expiry):
		return Frozen
	case now.Before(r.Ready):
		return Restoring
	}
	return Restored
}

// Readable tells whether the object's content may be read now.
func (o *Object) Readable(now time.Time) bool {
	return !o.StorageClass.Archived() || o.Restore.State(now) == Restored
}

// RestoreObject makes an archived object readable for a time. Where it is
// readable already, the time begins anew, and started is false.
func (s *Store) RestoreObject(ctx context.Context, b Bucket, key, version string, keep time.Duration) (o Object, started bool, err error) {
	o, err = s.change(ctx, b, key, version, func(o *Object) error {
		refuse := func(k Kind) error { return &Error{Kind: k, Bucket: b.Name, Key: key} }
		now := s.Now().UTC()
		state := o.Restore.State(now)
		switch {
		case !o.StorageClass.Archived():
			return refuse(NotArchived)
		case state == Restoring:
			return refuse(RestoreInProgress)
		}
		if started = state == Frozen; started {
			o.Restore.Ready = now.Add(s.RestoreDelay)
			o.Restore.Expiry = o.Restore.Ready.Add(keep)
			return nil
		}
		if expiry := now.Add(keep); expiry.After(o.Restore.Expiry) {
			o.Restore.Expiry = expiry
		}
		return nil
	})
	return o, started, err
}
