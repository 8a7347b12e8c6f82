package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// markKey is the row that says that a migration into the store has not ended. No
// other row begins with its byte.
var markKey = []byte("M")

// mark is the value of that row.
type mark struct {
	From  string    `json:"from"` // the id of the source
	Begun time.Time `json:"begun"`
}

// The reasons why a destination is not touched, or not served from.
var (
	ErrUnderWay = errors.New("a migration into this store has not ended")
	ErrInUse    = errors.New("the destination is in use")
)

// UnderWay returns an error that wraps ErrUnderWay if rows are the destination of
// a migration that has not ended: they must not be served.
func UnderWay(ctx context.Context, rows meta.Store) error {
	return rows.View(ctx, UnderWayIn)
}

// UnderWayIn is UnderWay in a transaction that holds Locks.
func UnderWayIn(rows meta.Snapshot) error {
	m, found, err := readMark(rows)
	if err != nil || !found {
		return err
	}
	return fmt.Errorf("%w; it began at %s: run ossd migrate again, until it says that the store has moved", ErrUnderWay, m.Begun.Format(time.RFC3339))
}

// Locks are held where a migration begins and ends. Whoever holds them to write the first rows
// of a store, and finds none UnderWayIn, keeps every later one out.
func Locks() []meta.Lock { return []meta.Lock{meta.Exclusive(string(markKey))} }

func readMark(rows meta.Snapshot) (m mark, found bool, err error) {
	value, err := rows.Get(markKey)
	if errors.Is(err, meta.ErrNotFound) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal(value, &m)
	}
	return m, err == nil, err
}

// everything is a lock of all rows: nobody else uses the destination. Who is about to, holds Locks.
var everything = append(Locks(), meta.Exclusive(""))

// claim marks the destination as this source's, unless it is that already.
func (m *mover) claim(ctx context.Context) error {
	empty := false
	err := m.To.Rows.View(ctx, func(rows meta.Snapshot) (err error) {
		empty, err = m.admits(rows)
		return err
	})
	if err != nil || !empty {
		return err
	}
	if err := noBlobs(ctx, m.To.Blobs); err != nil {
		return err
	}
	value, err := json.Marshal(mark{From: m.From.ID, Begun: m.Now().UTC()})
	if err != nil {
		return err
	}
	return m.To.Rows.Update(ctx, everything, func(tx meta.Tx) error {
		if empty, err := m.admits(tx); err != nil || !empty {
			return err
		}
		return tx.Put(markKey, value)
	})
}

// admits refuses the rows of another store, and tells whether there are none yet.
func (m *mover) admits(rows meta.Snapshot) (empty bool, err error) {
	switch mark, found, err := readMark(rows); {
	case err != nil:
		return false, err
	case found && mark.From != m.From.ID:
		return false, fmt.Errorf("%w: another store is being moved there since %s; choose another database or schema, or empty this one", ErrInUse, mark.Begun.Format(time.RFC3339))
	case found:
		return false, nil
	}
	for _, err := range rows.Scan(nil, nil) {
		if err == nil {
			err = fmt.Errorf("%w: its metadata has rows already, and not of an unfinished migration; choose another database or schema, or empty this one", ErrInUse)
		}
		return false, err
	}
	return true, nil
}

// noBlobs refuses the bytes of another store. Stores that came from one backup give
// different bytes the same names: one of them must not overwrite the other's.
func noBlobs(ctx context.Context, blobs blob.Store) error {
	later := time.Now().Add(1000 * time.Hour) // than any clock of a store says
	return blob.Inspect(blobs).Inspect(ctx, later, func(blob.Ref, int64) error {
		return fmt.Errorf("%w: there are blobs already, and no rows that they belong to; choose another bucket or prefix, or empty this one", ErrInUse)
	})
}

// unmark ends the migration: from now on the destination may be served.
func (m *mover) unmark(ctx context.Context) error {
	return m.To.Rows.Update(ctx, everything, func(tx meta.Tx) error { return tx.Delete(markKey) })
}

func isMark(key []byte) bool { return bytes.Equal(key, markKey) }
