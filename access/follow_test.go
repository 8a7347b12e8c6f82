package access

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"ossd/engine/meta"
)

// sharedRows are rows that several Directories follow. Whoever follows is told when a
// test says so, and is told what there is then.
type sharedRows struct {
	meta.Store
	mu   sync.Mutex
	tell []func()
}

func (s *sharedRows) Follow(ctx context.Context, key []byte, _ time.Duration, seen func([]byte, time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = append(s.tell, func() {
		if ctx.Err() != nil {
			return
		}
		at := time.Now()
		var value []byte
		err := s.View(context.Background(), func(rows meta.Snapshot) (err error) {
			value, err = rows.Get(key)
			return err
		})
		if err == nil || errors.Is(err, meta.ErrNotFound) {
			seen(value, at)
		}
	})
}

// tellAll brings every follower up to date.
func (s *sharedRows) tellAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.tell {
		f()
	}
}

// twoNodes are two Directories over the same rows.
func twoNodes(t *testing.T) (a *world, b *Directory, rows *sharedRows) {
	rows = &sharedRows{Store: newRows()}
	a = newWorld(t, func(c *Config) { c.Rows = rows })
	b, err := Open(t.Context(), Config{Rows: rows, MasterKey: masterKey, Now: a.time})
	a.must(err)
	t.Cleanup(func() { b.Close() })
	rows.tellAll()
	return a, b, rows
}

func TestChangesOfAnotherProcess(t *testing.T) {
	a, b, rows := twoNodes(t)
	_, alice := a.user(acc1, "alice", readDocument)
	reader := a.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
	a.allow(acc1, UserEntity, "alice", allowAssume)
	s := a.assume(a.credential(alice.ID, ""), reader)
	rows.tellAll()

	may := func(id, token string) error {
		t.Helper()
		c, err := b.Credential(t.Context(), id, token)
		if err == nil {
			_, err = b.Authorize(t.Context(), c, getObject("b/k"))
		}
		return err
	}
	wantErr(t, may(alice.ID, ""), nil)
	wantErr(t, may(s.AccessKeyID, s.SecurityToken), nil) // by a ring that it had, from a key that it has never seen used

	a.must(a.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false))
	a.must(a.DeleteRole(t.Context(), acc1, "reader"))
	wantErr(t, may(alice.ID, ""), nil) // not told yet: this is what StaleBound allows
	rows.tellAll()
	wantErr(t, may(alice.ID, ""), ErrKeyInactive)
	wantErr(t, may(s.AccessKeyID, s.SecurityToken), ErrTokenInvalid)
}

// Whoever has not looked for too long uses nothing that is kept.
func TestStaleMemoryIsNotUsed(t *testing.T) {
	a, b, rows := twoNodes(t)
	_, alice := a.user(acc1, "alice")
	rows.tellAll()
	if _, err := b.Credential(t.Context(), alice.ID, ""); err != nil {
		t.Fatal(err)
	}
	a.must(a.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false))
	if _, err := b.Credential(t.Context(), alice.ID, ""); err != nil {
		t.Fatal("asked the rows though it looked just now: ", err)
	}
	b.following.begun = b.following.begun.Add(-StaleBound) // so long ago was the last look
	_, err := b.Credential(t.Context(), alice.ID, "")
	wantErr(t, err, ErrKeyInactive)

	b.following.looked.Store(-1) // a process that has never looked
	a.must(a.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, true))
	if _, err := b.Credential(t.Context(), alice.ID, ""); err != nil {
		t.Error(err)
	}
}

// A rotation by another process: what it seals from then on opens here at once, told or not.
func TestRotationByAnotherProcess(t *testing.T) {
	a, b, rows := twoNodes(t)
	_, alice := a.user(acc1, "alice", allowAssume)
	reader := a.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
	rows.tellAll()
	_, err := a.RotateKeys(t.Context())
	a.must(err)
	s := a.assume(a.credential(alice.ID, ""), reader)
	if _, err := b.Credential(t.Context(), s.AccessKeyID, s.SecurityToken); err != nil {
		t.Errorf("token of the new key: %v", err)
	}
	_, err = a.RotateKeys(t.Context())
	a.must(err)
	if _, err := b.Credential(t.Context(), alice.ID, ""); err != nil {
		t.Errorf("secret that was sealed anew: %v", err)
	}
	_, err = a.RotateKeys(t.Context())
	a.must(err)
	denied := getObject("b/k")
	text := a.message(a.credential(alice.ID, ""), denied)
	if _, err := b.ReadDiagnosticMessage(t.Context(), acc1, text); err != nil {
		t.Errorf("diagnostic message of the new key: %v", err)
	}

	// Tokens of keys that never were do not make it read the ring each time: whoever waited
	// takes what was read since.
	_, err = a.RotateKeys(t.Context())
	a.must(err)
	behind := b.ring.Load()
	before := time.Now()
	b.reloading.last = before.Add(time.Second)
	a.must(b.renewRing(t.Context(), before))
	if b.ring.Load() != behind {
		t.Error("the ring was read although somebody else did so since")
	}
	// A ring that was read before a rotation and comes after it does not take its place.
	a.adoptRing(behind)
	if a.ring.Load() == behind {
		t.Error("an older ring has replaced a newer one")
	}
}

func TestNonceWorksWithOneProcess(t *testing.T) {
	a, b, _ := twoNodes(t)
	until := a.time().Add(15 * time.Minute)
	nonce := [16]byte{1}
	results := make(chan error, 16)
	for i := range 16 {
		d := a.Directory
		if i%2 == 1 {
			d = b
		}
		go func() { results <- d.UseNonce(t.Context(), until, nonce) }()
	}
	good := 0
	for range 16 {
		if err := <-results; err == nil {
			good++
		} else if !errors.Is(err, ErrNonceUsed) {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("one nonce worked %d times", good)
	}
	for i := range 2500 {
		a.must(b.UseNonce(t.Context(), until.Add(time.Duration(i)*time.Second), [16]byte{2, byte(i), byte(i >> 8)}))
	}
	a.sleep(15*time.Minute + 2000*time.Second)
	n, err := a.ForgetNonces(t.Context())
	if a.must(err); n != 2001 {
		t.Errorf("%d nonces forgotten, want 2001", n)
	}
	wantErr(t, a.UseNonce(t.Context(), until.Add(2499*time.Second), [16]byte{2, 2499 & 0xff, 2499 >> 8}), ErrNonceUsed)
}

// A process that shares its rows with nobody writes neither nonces nor revisions.
func TestAloneNothingIsShared(t *testing.T) {
	w := newWorld(t)
	w.must(w.UseNonce(t.Context(), w.time(), [16]byte{1}))
	w.must(w.UseNonce(t.Context(), w.time(), [16]byte{1}))
	w.must(w.view(t.Context(), func(s meta.Snapshot) error {
		for _, key := range []string{revisionKey, string(append(nonceUntil(w.time()), 1))} {
			if _, err := s.Get([]byte(key)); !errors.Is(err, meta.ErrNotFound) {
				t.Errorf("row %q: %v", key, err)
			}
		}
		return nil
	}))
}

// The database is put back to a state before a rotation while a process goes on: what that
// seals from then on must open for the others.
func TestRowsThatWerePutBack(t *testing.T) {
	a, b, rows := twoNodes(t)
	a.user(acc1, "alice")
	var before []byte
	a.must(a.view(t.Context(), func(s meta.Snapshot) (err error) {
		before, err = s.Get([]byte(ringKey))
		return err
	}))
	_, err := a.RotateKeys(t.Context())
	a.must(err)
	a.must(rows.Update(t.Context(), []meta.Lock{meta.Exclusive(rowPrefix)}, func(tx meta.Tx) error {
		return errors.Join(tx.Put([]byte(ringKey), before), tx.Put([]byte(revisionKey), []byte("of that time")))
	}))
	rows.tellAll()
	k, err := a.CreateAccessKey(t.Context(), acc1, "alice")
	a.must(err)
	rows.tellAll()
	if _, err := b.Credential(t.Context(), k.ID, ""); err != nil {
		t.Error(err)
	}
}
