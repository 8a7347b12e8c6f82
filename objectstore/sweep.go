package objectstore

import (
	"context"
	"errors"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Swept counts what one pass of Sweep freed.
type Swept struct {
	Garbage int // blobs of replaced and deleted objects
	Orphans int // blobs that no object ever came to refer to
}

// Sweep frees the blobs whose grace has passed and the orphans. It may run
// beside everything else, and be cut off anywhere: the next pass goes on.
func (s *Store) Sweep(ctx context.Context) (swept Swept, err error) {
	if swept.Garbage, err = s.sweepGarbage(ctx); err != nil {
		return swept, err
	}
	swept.Orphans, err = s.sweepOrphans(ctx)
	return swept, err
}

// garbageBatch bounds how many rows one transaction of the sweeper removes.
const garbageBatch = 256

func (s *Store) sweepGarbage(ctx context.Context) (freed int, err error) {
	for {
		due, err := s.dueGarbage(ctx)
		if err != nil || len(due) == 0 {
			return freed, err
		}
		for _, key := range due {
			if err := s.free(ctx, key); err != nil {
				return freed, err
			}
			freed++
		}
	}
}

// dueGarbage returns some keys of garbage rows whose time has come.
func (s *Store) dueGarbage(ctx context.Context) (due [][]byte, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		for row, err := range rows.Scan([]byte("G"), garbageKey(s.Now(), "")) {
			if err != nil {
				return err
			}
			if due = append(due, append([]byte(nil), row.Key...)); len(due) == garbageBatch {
				return nil
			}
		}
		return nil
	})
	return due, err
}

// free deletes a blob and then its rows. In the other order a crash between
// the two would leave a blob that is known only to the slow search for orphans.
func (s *Store) free(ctx context.Context, garbage []byte) error {
	_, ref, err := splitGarbageKey(garbage)
	if err != nil {
		return err
	}
	if err := s.Blobs.Delete(ctx, ref); err != nil {
		return err
	}
	locks := []meta.Lock{meta.Exclusive(string(garbage)), meta.Exclusive(string(referenceKey(ref)))}
	return s.Rows.Update(ctx, locks, func(tx meta.Tx) error {
		if err := tx.Delete(garbage); err != nil {
			return err
		}
		return tx.Delete(referenceKey(ref))
	})
}

func (s *Store) sweepOrphans(ctx context.Context) (freed int, err error) {
	err = s.Blobs.Walk(ctx, s.Now().Add(-s.OrphanAge), func(ref blob.Ref, _ int64) error {
		referred, err := s.referred(ctx, ref)
		if err != nil || referred {
			return err
		}
		freed++
		return s.Blobs.Delete(ctx, ref)
	})
	return freed, err
}

func (s *Store) referred(ctx context.Context, ref blob.Ref) (found bool, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		_, err := rows.Get(referenceKey(ref))
		if errors.Is(err, meta.ErrNotFound) {
			return nil
		}
		found = err == nil
		return err
	})
	return found, err
}

// orphanPasses is in how many passes RunSweeper searches for orphans once. The
// search looks at every blob, and there is nothing to find but after a crash.
const orphanPasses = 36

// RunSweeper frees garbage at every interval until ctx ends, searches for
// orphans now and then, and hands each outcome to report.
func (s *Store) RunSweeper(ctx context.Context, interval time.Duration, report func(Swept, error)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for pass := 1; ; pass++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if pass%orphanPasses == 0 {
			report(s.Sweep(ctx))
			continue
		}
		freed, err := s.sweepGarbage(ctx)
		report(Swept{Garbage: freed}, err)
	}
}
