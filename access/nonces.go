package access

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"ossd/engine/meta"
)

// Nonces of requests, where several processes share the rows: a request that one of them
// has served must not work with another. Rows, by the instant after which a replay is
// refused for its age anyhow:
//
//	N until nonce     big-endian Unix seconds and 16 bytes; no value
const nonceRows = "N"

// ErrNonceUsed is returned for a nonce that was used before.
var ErrNonceUsed = errors.New("access: nonce was used before")

// SharesRows tells whether other processes may change the rows.
func (d *Directory) SharesRows() bool { return d.following != nil }

// UseNonce records a nonce until an instant that every use of it names alike. Of
// several equal ones at once, with whatever process, exactly one succeeds. Where no other
// process shares the rows it does nothing: whoever serves alone remembers by itself.
func (d *Directory) UseNonce(ctx context.Context, until time.Time, nonce [16]byte) error {
	if !d.SharesRows() {
		return nil
	}
	key := append(nonceUntil(until), nonce[:]...)
	return d.rows.Update(ctx, []meta.Lock{meta.Exclusive(string(key))}, func(tx meta.Tx) error {
		switch _, err := tx.Get(key); {
		case err == nil:
			return ErrNonceUsed
		case !errors.Is(err, meta.ErrNotFound):
			return err
		}
		return tx.Put(key, nil)
	})
}

func nonceUntil(t time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte(nonceRows), uint64(max(t.Unix(), 0)))
}

// nonceBatch bounds a transaction.
const nonceBatch = 1000

// ForgetNonces removes the nonces whose time is past, and says how many they were.
func (d *Directory) ForgetNonces(ctx context.Context) (n int, err error) {
	for {
		var old [][]byte
		err := d.view(ctx, func(s meta.Snapshot) error {
			old = nil
			for row, err := range s.Scan([]byte(nonceRows), nonceUntil(d.now())) {
				if err != nil {
					return err
				}
				if old = append(old, bytes.Clone(row.Key)); len(old) == nonceBatch {
					return nil
				}
			}
			return nil
		})
		if err != nil || len(old) == 0 {
			return n, err
		}
		// Nobody uses a nonce of the past, so that one lock, which its rows lie below, will do.
		err = d.rows.Update(ctx, []meta.Lock{meta.Exclusive(nonceRows)}, func(tx meta.Tx) error {
			for _, key := range old {
				if err := tx.Delete(key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(old)
	}
}
