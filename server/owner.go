package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"ossd/engine/meta"
	"ossd/migrate"
)

// Rows and contents elsewhere must belong together: rows of another store would sweep away what
// they do not know, and contents elsewhere would be missed. So both have the id of the store:
//
//	I     JSON: the id, and whether it stands beside the contents yet
var ownerKey = []byte("I")

type ownerRow struct {
	ID      string `json:"id"`
	Claimed bool   `json:"claimed"`
}

// owned are contents that say whose they are.
type owned interface {
	Owner(ctx context.Context) (string, error)
	Claim(ctx context.Context, id string) error
}

// matchOwner refuses rows and contents that do not belong together, and rows into which
// another store is being moved. New ones are tied together.
func matchOwner(ctx context.Context, rows meta.Store, contents owned) error {
	fresh := ownerRow{ID: rand.Text()}
	row, err := changeOwner(ctx, rows, func(row *ownerRow) {
		if row.ID == "" {
			*row = fresh
		}
	})
	if err != nil {
		return err
	}
	owner, err := contents.Owner(ctx)
	if err == nil && owner == "" && !row.Claimed {
		if err = contents.Claim(ctx, row.ID); err == nil {
			owner, err = contents.Owner(ctx)
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("opening the contents: %w", err)
	case owner == "":
		return fmt.Errorf("--blobs names a place where contents of this store have never been: its file OWNER would say %s. Is the bucket, or the prefix, another one?", row.ID)
	case owner != row.ID:
		return errors.New("--blobs names the contents of another store, whose metadata is elsewhere: give each store a bucket or a prefix of its own")
	case row.Claimed:
		return nil
	}
	_, err = changeOwner(ctx, rows, func(row *ownerRow) { row.Claimed = true })
	return err
}

// changeOwner changes the row, unless a migration is under way: none begins in rows that have one.
func changeOwner(ctx context.Context, rows meta.Store, change func(*ownerRow)) (row ownerRow, err error) {
	locks := append(migrate.Locks(), meta.Exclusive(string(ownerKey)))
	err = rows.Update(ctx, locks, func(tx meta.Tx) error {
		if err := migrate.UnderWayIn(tx); err != nil {
			return err
		}
		row = ownerRow{}
		value, err := tx.Get(ownerKey)
		if err == nil {
			err = json.Unmarshal(value, &row)
		}
		if err != nil && !errors.Is(err, meta.ErrNotFound) {
			return err
		}
		old := row
		if change(&row); row == old {
			return nil
		}
		if value, err = json.Marshal(row); err != nil {
			return err
		}
		return tx.Put(ownerKey, value)
	})
	return row, err
}
