package objectstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"ossd/engine/meta"
)

// searchedKey is the row of the end of the last search for orphans and abandoned
// uploads: it has to outlive processes, or one that is restarted often never searches.
var searchedKey = []byte{searchRows}

const searchRows = 'W'

// RunSweeper frees garbage at every interval until ctx ends, searches for orphans and
// abandoned uploads every SearchInterval, and hands each outcome to report.
func (s *Store) RunSweeper(ctx context.Context, interval time.Duration, report func(Swept, error)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		report(s.sweepDueParts(ctx))
	}
}

// sweepDueParts is a pass with the search if its time has come. One that failed is
// made again with the next pass.
func (s *Store) sweepDueParts(ctx context.Context) (Swept, error) {
	last, err := s.lastSearch(ctx)
	if err != nil {
		return Swept{}, err
	}
	began := s.Now()
	search := began.Sub(last) >= s.SearchInterval || began.Before(last) // or the clock was set back
	swept, err := s.sweep(ctx, search)
	if search && err == nil {
		err = s.noteSearch(ctx, began)
	}
	return swept, err
}

// lastSearch is when the last search began that came to its end; zero: there was none.
func (s *Store) lastSearch(ctx context.Context) (last time.Time, err error) {
	err = s.Rows.View(ctx, func(rows meta.Snapshot) error {
		row, err := rows.Get(searchedKey)
		switch {
		case errors.Is(err, meta.ErrNotFound):
			return nil
		case err != nil:
			return err
		case len(row) != 8:
			return fmt.Errorf("objectstore: malformed row of the last search for orphans")
		}
		last = time.Unix(int64(binary.BigEndian.Uint64(row)), 0)
		return nil
	})
	return last, err
}

func (s *Store) noteSearch(ctx context.Context, began time.Time) error {
	row := binary.BigEndian.AppendUint64(nil, uint64(began.Unix()))
	return s.Rows.Update(ctx, []meta.Lock{meta.Exclusive(string(searchedKey))}, func(tx meta.Tx) error {
		return tx.Put(searchedKey, row)
	})
}
