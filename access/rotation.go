package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ossd/engine/meta"
)

// Rotation is what RotateKeys did.
type Rotation struct {
	KeyID    int // of the key that seals from now on
	Resealed int // secrets of access keys that another key had sealed
	Dropped  int // keys that nothing needs any more
	Kept     int // keys in the ring, the new one included
}

const (
	// maxRingKeys bounds the ring: who rotates more often than this in half a day
	// has to wait for tokens to expire.
	maxRingKeys = 64
	// retirement is how long after it was replaced a key may be needed: as long as
	// a token lives, and an hour for what was under way.
	retirement = maxSessionDuration + time.Hour
	// resealBatch is how many secrets one transaction replaces.
	resealBatch = 200
)

// RotateKeys adds a key to the ring, which seals all that is new. The secrets in
// the rows are sealed with it anew. Tokens that are out there stay good until
// they expire, since the keys before it stay until then; the next rotation drops
// those that were replaced longer ago. After an error, another call finishes.
func (d *Directory) RotateKeys(ctx context.Context) (done Rotation, err error) {
	d.rotating.Lock()
	defer d.rotating.Unlock()
	if done.KeyID, err = d.addRingKey(ctx); err != nil {
		return done, err
	}
	if done.Resealed, err = d.resealSecrets(ctx); err != nil {
		return done, err
	}
	done.Dropped, done.Kept, err = d.dropRingKeys(ctx)
	return done, err
}

// addRingKey stores the new key before anything is sealed with it.
func (d *Directory) addRingKey(ctx context.Context) (id int, err error) {
	fresh := make([]byte, nonceSize+ringKeySize)
	if _, err := io.ReadFull(d.random, fresh); err != nil {
		return 0, err
	}
	now := d.instant()
	err = d.changeRing(ctx, func(row *ringRow) error {
		next := uint16(0)
		for _, entry := range row.Keys {
			next = max(next, entry.ID)
		}
		if next++; next == 0 || len(row.Keys) >= maxRingKeys {
			return &Error{Kind: LimitExceeded, Entity: "Key"}
		}
		row.Keys = append(row.Keys, sealRingKey(d.master, next, fresh, now))
		row.Current, id = next, int(next)
		return nil
	})
	return id, err
}

// dropRingKeys removes the keys that were replaced so long ago that every token
// that they sealed has expired. Secrets need none but the current one: they were
// all sealed with it just now, and whatever was under way when the last key was
// replaced is much younger than those that go. Diagnostic messages that one of them
// sealed have expired with it.
func (d *Directory) dropRingKeys(ctx context.Context) (dropped, kept int, err error) {
	now := d.now()
	err = d.changeRing(ctx, func(row *ringRow) error {
		var keys []ringEntry
		for i, entry := range row.Keys {
			// They lie in the order in which they came.
			if i+1 == len(row.Keys) || now.Sub(row.Keys[i+1].CreateDate) < retirement {
				keys = append(keys, entry)
			}
		}
		dropped, kept = len(row.Keys)-len(keys), len(keys)
		row.Keys = keys
		return nil
	})
	return dropped, kept, err
}

// changeRing changes the stored ring, and then the one at hand.
func (d *Directory) changeRing(ctx context.Context, change func(*ringRow) error) error {
	var row ringRow
	err := d.update(ctx, func(tx meta.Tx) error {
		row = ringRow{}
		if ok, err := readRow(tx, ringKey, &row); err != nil || !ok {
			return fmt.Errorf("access: the key ring cannot be read: %w", err)
		}
		if err := change(&row); err != nil {
			return err
		}
		return writeRow(tx, ringKey, row)
	})
	if err != nil {
		return err
	}
	opened, err := openRing(row, d.master, d.random)
	if err != nil {
		return err
	}
	d.adoptRing(opened)
	return nil
}

// sealedSecret is a row whose secret is to be sealed anew.
type sealedSecret struct {
	id, secret  string
	old, sealed []byte
}

// resealSecrets seals the secrets of all access keys with the current key.
func (d *Directory) resealSecrets(ctx context.Context) (n int, err error) {
	r := d.ring.Load()
	for after, more := "", true; more; {
		begun := time.Now()
		batch, last, further, err := d.staleSecrets(ctx, r, after)
		if errors.Is(err, errRingKey) && d.following != nil {
			// Another process has rotated since, and seals anew, too.
			if err = d.renewRing(ctx, begun); err == nil && d.ring.Load() != r {
				r = d.ring.Load()
				continue
			}
		}
		if err != nil {
			return n, err
		}
		after, more = last, further
		for i := range batch { // outside of the transaction, which may run more than once
			if batch[i].sealed, err = r.sealSecret(batch[i].id, batch[i].secret); err != nil {
				return n, err
			}
		}
		if len(batch) == 0 {
			continue
		}
		err = d.update(ctx, func(tx meta.Tx) error {
			for _, s := range batch {
				if err := reseal(tx, s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(batch)
	}
	return n, nil
}

// reseal replaces a secret, unless its row has changed since it was read: then it
// was sealed with the current key already, or is gone.
func reseal(tx meta.Tx, s sealedSecret) error {
	var row accessKeyRow
	ok, err := readRow(tx, accessKeyKey(s.id), &row)
	if err != nil || !ok || !bytes.Equal(row.Sealed, s.old) {
		return err
	}
	row.Sealed = s.sealed
	return writeRow(tx, accessKeyKey(s.id), row)
}

// staleSecrets reads some rows, and returns the secrets in them that another key
// than the current one has sealed.
func (d *Directory) staleSecrets(ctx context.Context, r *ring, after string) (stale []sealedSecret, last string, more bool, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		stale, last, more = nil, after, false
		rows := 0
		for row, err := range scanNames(s, accessKeyKey(""), after) {
			if err != nil {
				return err
			}
			if rows++; rows > resealBatch {
				more = true
				return nil
			}
			last = row[0]
			var key accessKeyRow
			if err := decodeRow(accessKeyKey(last), []byte(row[1]), &key); err != nil {
				return err
			}
			if r.sealedByCurrent(key.Sealed) {
				continue
			}
			secret, err := r.openSecret(last, key.Sealed)
			if err != nil {
				return err
			}
			stale = append(stale, sealedSecret{id: last, secret: secret, old: key.Sealed})
		}
		return nil
	})
	return stale, last, more, err
}
