package objectstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"ossd/engine/meta"
)

const (
	scrubRows  = 'S'
	damageRows = 'D'
)

// scrubState is how far scrubbing has come.
type scrubState struct {
	Scrubbed           // of the pass that is under way, or of the last one
	position []byte    // the last row that was scrubbed; nil: no pass is under way
	ended    time.Time // of the last pass
}

var scrubStateKey = []byte{scrubRows}

func (s *Store) writeScrubState(ctx context.Context, state *scrubState) error {
	row := appendString(nil, 1, string(state.position))
	row = appendTime(row, 2, state.Began)
	row = appendTime(row, 3, state.ended)
	row = appendUint(row, 4, uint64(state.Objects))
	row = appendUint(row, 5, uint64(state.Bytes))
	row = appendUint(row, 6, uint64(state.Damaged))
	return s.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(scrubStateKey))}, func(tx meta.Tx) error {
		return tx.Put(scrubStateKey, row)
	})
}

// readScrubState returns nil if no pass has ever begun.
func (s *Store) readScrubState(ctx context.Context) (state *scrubState, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		row, err := rows.Get(scrubStateKey)
		if errors.Is(err, meta.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		state = &scrubState{}
		return readFields(row, func(n protowire.Number, u uint64, v string) error {
			switch n {
			case 1:
				state.position = []byte(v)
			case 2:
				state.Began = readTime(u)
			case 3:
				state.ended = readTime(u)
			case 4:
				state.Objects = int64(u)
			case 5:
				state.Bytes = int64(u)
			case 6:
				state.Damaged = int64(u)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("objectstore: row of scrubbing: %w", err)
	}
	return state, nil
}

// RunScrubber scrubs until ctx ends: a pass begins interval after the end of the
// last one, and goes on where it was when the store is opened again. Each pass's
// outcome goes to report; after an error the pass is taken up again an hour later.
func (s *Store) RunScrubber(ctx context.Context, interval time.Duration, c Scrubbing, report func(Scrubbed, error)) {
	for ctx.Err() == nil {
		wait, err := s.scrubOnce(ctx, interval, c, report)
		if err != nil && ctx.Err() == nil {
			report(Scrubbed{}, err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// scrubWait is how long the scrubber sleeps at most: clocks are changed.
const scrubWait = time.Hour

// scrubOnce runs a pass, if one is due, and says how long to wait for the next.
func (s *Store) scrubOnce(ctx context.Context, interval time.Duration, c Scrubbing, report func(Scrubbed, error)) (wait time.Duration, err error) {
	state, err := s.readScrubState(ctx)
	if err != nil {
		return scrubWait, err
	}
	now := s.Now().UTC()
	if state == nil { // a new store need not be scrubbed at once
		state = &scrubState{ended: now}
		if err := s.writeScrubState(ctx, state); err != nil {
			return scrubWait, err
		}
	}
	if state.position == nil {
		if due := state.ended.Add(interval); due.After(now) {
			return min(due.Sub(now), scrubWait), nil
		}
		state.Scrubbed, state.position = Scrubbed{Began: now}, nil
	}
	// What was begun is noted also when the server stops in the middle.
	save := func() error { return s.writeScrubState(context.WithoutCancel(ctx), state) }
	done, err := s.scrub(ctx, c, state, save)
	if ctx.Err() != nil {
		return 0, errors.Join(err, save())
	}
	if err != nil {
		return scrubWait, errors.Join(err, save())
	}
	report(done, nil)
	return min(interval, scrubWait), nil
}
