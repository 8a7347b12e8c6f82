package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"ossd/engine/meta"
)

// ringIDs are the keys of the stored ring.
func (w *world) ringIDs() (ids []uint16) {
	w.t.Helper()
	w.must(w.rows.View(w.ctx(), func(s meta.Snapshot) error {
		var row ringRow
		_, err := readRow(s, ringKey, &row)
		for _, k := range row.Keys {
			ids = append(ids, k.ID)
		}
		return err
	}))
	return ids
}

func (w *world) sealedOf(id string) (row accessKeyRow) {
	w.t.Helper()
	w.must(w.rows.View(w.ctx(), func(s meta.Snapshot) error {
		_, err := readRow(s, accessKeyKey(id), &row)
		return err
	}))
	return row
}

func (w *world) rotate() Rotation {
	w.t.Helper()
	done, err := w.RotateKeys(w.ctx())
	w.must(err)
	return done
}

func TestRotation(t *testing.T) {
	w, alice, reader := withRole(t)
	old := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = readDocument })
	if done := w.rotate(); done != (Rotation{KeyID: 2, Resealed: 2, Kept: 2}) {
		t.Errorf("%+v", done)
	}
	fresh := w.assume(w.credential(alice.ID, ""), reader)
	w.sessions.purge()
	for _, s := range []IssuedSession{old, fresh} {
		if c := w.credential(s.AccessKeyID, s.SecurityToken); c.Secret != s.AccessKeySecret {
			t.Error("the secret is another")
		}
	}
	oldRaw, err := tokenEncoding.DecodeString(old.SecurityToken)
	w.must(err)
	freshRaw, err := tokenEncoding.DecodeString(fresh.SecurityToken)
	w.must(err)
	if oldRaw[4] != 1 || freshRaw[4] != 2 {
		t.Errorf("sealed by keys %d and %d", oldRaw[4], freshRaw[4])
	}
	if sealed := w.sealedOf(alice.ID).Sealed; sealed[1] != 2 {
		t.Errorf("the secret is sealed by key %d", sealed[1])
	}
	if c := w.credential(alice.ID, ""); c.Secret != alice.Secret {
		t.Error("the secret of a permanent key is another")
	}

	// Another start knows all of it.
	again, err := Open(t.Context(), Config{Rows: w.rows, MasterKey: masterKey, Now: w.time})
	w.must(err)
	for id, s := range map[string]string{alice.ID: "", old.AccessKeyID: old.SecurityToken, fresh.AccessKeyID: fresh.SecurityToken} {
		if _, err := again.Credential(t.Context(), id, s); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	_, err = Open(t.Context(), Config{Rows: w.rows, MasterKey: bytes.Repeat([]byte{8}, 32)})
	wantErr(t, err, ErrMasterKey)
}

// A key stays until every token that it sealed has expired, and no longer.
func TestRotationDropsKeys(t *testing.T) {
	w, alice, reader := withRole(t)
	w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{MaxSessionDuration: ptr(maxSessionDuration)})))
	w.sleep(100 * time.Hour) // how old a key is does not count, but since when it is not used
	s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Duration = maxSessionDuration })
	w.rotate()
	w.sleep(maxSessionDuration - time.Second)
	if done := w.rotate(); done.Dropped != 0 || done.Kept != 3 {
		t.Errorf("%+v", done)
	}
	w.sessions.purge()
	w.credential(s.AccessKeyID, s.SecurityToken)
	w.sleep(time.Hour + 2*time.Second)
	if done := w.rotate(); done != (Rotation{KeyID: 4, Resealed: 2, Dropped: 1, Kept: 3}) {
		t.Errorf("%+v", done)
	}
	if ids := fmt.Sprint(w.ringIDs()); ids != "[2 3 4]" {
		t.Errorf("the ring has %s", ids)
	}
	w.sessions.purge()
	_, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
	if c := w.credential(alice.ID, ""); c.Secret != alice.Secret {
		t.Error("the secret of a permanent key is another")
	}
}

func TestRingIsBounded(t *testing.T) {
	w := newWorld(t)
	for range maxRingKeys - 1 {
		w.rotate()
	}
	_, err := w.RotateKeys(t.Context())
	refused(t, err, LimitExceeded, "Key", "")
}

// More secrets than one transaction takes, while keys come and go.
func TestRotationOfManySecrets(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.KeysPerUser = 10 * resealBatch })
	w.user(acc1, "alice")
	ids := map[string]string{w.root.ID: w.root.Secret}
	for range 2*resealBatch + 3 {
		k, err := w.CreateAccessKey(t.Context(), acc1, "alice")
		w.must(err)
		ids[k.ID] = k.Secret
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	group.Go(func() {
		for range 20 {
			k, err := w.CreateAccessKey(t.Context(), acc1, "alice")
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			ids[k.ID] = k.Secret
			mu.Unlock()
		}
	})
	w.rotate()
	group.Wait()
	w.sleep(2 * retirement)
	w.rotate() // whatever slipped through the first time
	w.sleep(2 * retirement)
	w.rotate()
	for id, secret := range ids {
		if c := w.credential(id, ""); c.Secret != secret {
			t.Errorf("%s has another secret", id)
		}
	}
	if n := len(w.ringIDs()); n != 2 {
		t.Errorf("the ring has %d keys", n)
	}
}

// Sessions begin, requests are judged and keys rotate at once.
func TestRotationUnderLoad(t *testing.T) {
	w, alice, reader := withRole(t)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := w.Credential(t.Context(), alice.ID, "")
				if err != nil {
					t.Error(err)
					return
				}
				s, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: reader.ARN(), SessionName: "session"})
				if err != nil {
					t.Error(err)
					return
				}
				w.sessions.purge()
				if got, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken); err != nil || got.Secret != s.AccessKeySecret {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	for range 10 {
		w.rotate()
	}
	close(stop)
	group.Wait()
}

// failingRows fails the update of a given number.
type failingRows struct {
	meta.Store
	fail int
}

var errRows = errors.New("no more room")

func (f *failingRows) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	if f.fail--; f.fail == 0 {
		return errRows
	}
	return f.Store.Update(ctx, locks, fn)
}

// A rotation that breaks off leaves nothing that cannot be opened, and another
// one finishes it.
func TestBrokenRotation(t *testing.T) {
	for at := 1; at <= 3; at++ {
		rows := &failingRows{Store: newRows()}
		w := newWorld(t, func(c *Config) { c.Rows = rows })
		w.user(acc1, "alice")
		rows.fail = at
		_, err := w.RotateKeys(t.Context())
		wantErr(t, err, errRows)
		if c := w.credential(w.root.ID, ""); c.Secret != w.root.Secret {
			t.Errorf("broken off at %d: another secret", at)
		}
		w.rotate()
		again, err := Open(t.Context(), Config{Rows: rows, MasterKey: masterKey, Now: w.time})
		w.must(err)
		if c, err := again.Credential(t.Context(), w.root.ID, ""); err != nil || c.Secret != w.root.Secret {
			t.Errorf("broken off at %d: %v", at, err)
		}
	}
}
