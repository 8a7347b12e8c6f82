package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/engine/meta"
)

// latecomer holds a View up after it has read, as a slow goroutine would be.
type latecomer struct {
	meta.Store
	afterRead func()
}

func (l *latecomer) View(ctx context.Context, fn func(meta.Snapshot) error) error {
	err := l.Store.View(ctx, fn)
	if f := l.afterRead; f != nil {
		l.afterRead = nil
		f()
	}
	return err
}

// Somebody reads a key, it is then disabled, and what was read enters the cache
// last. It must not be served.
func TestOldAnswerArrivesLate(t *testing.T) {
	late := &latecomer{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = late })
	_, alice := w.user(acc1, "alice")
	late.afterRead = func() { w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false)) }
	w.credential(alice.ID, "") // was good when it was read
	_, err := w.Credential(t.Context(), alice.ID, "")
	wantErr(t, err, ErrKeyInactive)

	// The same the other way round: a refusal must not outlive its reason.
	w.changes.generation.Add(1)
	late.afterRead = func() { w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, true)) }
	_, err = w.Credential(t.Context(), alice.ID, "")
	wantErr(t, err, ErrKeyInactive)
	w.credential(alice.ID, "")

	// And with policies: what has changed while it was read is read again.
	c := w.credential(alice.ID, "")
	late.afterRead = func() { w.allow(acc1, UserEntity, "alice", readDocument) }
	if d, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil || !d.Allowed {
		t.Errorf("a policy that is attached does not count: %+v, %v", d, err)
	}
	w.changes.generation.Add(1)
	late.afterRead = func() {
		w.must(w.Detach(t.Context(), acc1, CustomPolicy, "alice-user-a", UserEntity, "alice"))
	}
	if d, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil || d.Allowed {
		t.Errorf("a policy that is detached counts: %+v, %v", d, err)
	}
}

// unsure persists a change and then says that it failed, as networks do.
type unsure struct {
	meta.Store
	lie atomic.Bool
}

var errUnsure = errors.New("connection lost")

func (u *unsure) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	err := u.Store.Update(ctx, locks, fn)
	if err == nil && u.lie.Load() {
		return errUnsure
	}
	return err
}

func TestFailedCommitMayHaveHappened(t *testing.T) {
	rows := &unsure{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = rows })
	_, alice := w.user(acc1, "alice")
	w.credential(alice.ID, "")
	var told []string
	w.OnKeyChange(func(id string) { told = append(told, id) })
	rows.lie.Store(true)
	wantErr(t, w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false), errUnsure)
	_, err := w.Credential(t.Context(), alice.ID, "")
	wantErr(t, err, ErrKeyInactive)
	if !slices.Equal(told, []string{alice.ID}) {
		t.Errorf("told of %v", told)
	}
}

func TestDisabledAndDeletedKeys(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	var told []string
	w.OnKeyChange(func(id string) { told = append(told, id) })
	w.credential(alice.ID, "")
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false))
	for range 2 {
		_, err := w.Credential(t.Context(), alice.ID, "")
		wantErr(t, err, ErrKeyInactive)
	}
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, true))
	w.credential(alice.ID, "")
	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", alice.ID))
	for range 2 {
		_, err := w.Credential(t.Context(), alice.ID, "")
		wantErr(t, err, ErrKeyNotFound)
	}
	k, err := w.CreateAccessKey(t.Context(), acc1, "alice")
	w.must(err)
	if !slices.Equal(told, []string{alice.ID, alice.ID, alice.ID, k.ID}) {
		t.Errorf("told of %v", told)
	}
	refused(t, w.DeleteAccessKey(t.Context(), acc1, "alice", alice.ID), NotExist, "User.AccessKey", "")
	if len(told) != 4 {
		t.Error("told of a change that was refused")
	}
}

// An absent key that comes to be must be found although its absence was cached.
func TestAbsenceIsForgotten(t *testing.T) {
	w := newWorld(t)
	given := AccessKey{ID: "LTAIgiven", Secret: "secret"}
	_, err := w.Credential(t.Context(), given.ID, "")
	wantErr(t, err, ErrKeyNotFound)
	w.must(second(w.CreateAccount(t.Context(), Account{ID: acc2}, &given)))
	w.credential(given.ID, "")
}

func TestCachesAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CacheSize = 8 })
	_, alice := w.user(acc1, "alice", allowAssume)
	reader := w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
	c := w.credential(alice.ID, "")
	for i := range 100 {
		_, err := w.Credential(t.Context(), fmt.Sprintf("LTAI%d", i), "")
		wantErr(t, err, ErrKeyNotFound)
		s := w.assume(c, reader)
		w.credential(s.AccessKeyID, s.SecurityToken)
	}
	if a, s := w.absent.lru.Len(), w.sessions.lru.Len(); a > 8 || s > 8 {
		t.Errorf("%d absent keys and %d sessions are cached", a, s)
	}
	if _, ok := w.credentials.get(alice.ID, w.changes.generation.Load()); !ok {
		t.Error("keys that do not exist pushed out one that does")
	}
	if w.must(w.Close()); w.credentials.lru.Len()+w.sessions.lru.Len() != 0 {
		t.Error("secrets are cached after Close")
	}
}

func TestConcurrentUse(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	_, bob := w.user(acc1, "bob", allowAssume)
	var group sync.WaitGroup
	work := func(n int, f func(i int) error) {
		group.Go(func() {
			for i := range n {
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for g := range 4 {
		work(100, func(i int) error {
			c, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
			if err != nil {
				return err
			}
			d, err := w.Authorize(t.Context(), c, getObject("b/k"))
			if err == nil && !d.Allowed {
				err = errors.New("denied")
			}
			return err
		})
		work(50, func(i int) error {
			c, err := w.Credential(t.Context(), bob.ID, "")
			if err != nil {
				return err
			}
			_, err = w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: reader.ARN(), SessionName: "session"})
			return err
		})
		work(20, func(i int) error {
			name := fmt.Sprintf("user-%d-%d", g, i)
			if _, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: name}); err != nil {
				return err
			}
			k, err := w.CreateAccessKey(t.Context(), acc1, name)
			if err != nil {
				return err
			}
			if c, err := w.Credential(t.Context(), k.ID, ""); err != nil || c.Secret != k.Secret {
				return fmt.Errorf("a key that was just made: %v", err)
			}
			if err := w.DeleteAccessKey(t.Context(), acc1, name, k.ID); err != nil {
				return err
			}
			if _, err := w.Credential(t.Context(), k.ID, ""); !errors.Is(err, ErrKeyNotFound) {
				return fmt.Errorf("a key that was just deleted: %v", err)
			}
			return nil
		})
	}
	group.Wait()
}

// Of many who create the same user at once, one succeeds.
func TestOneOfManyWins(t *testing.T) {
	w := newWorld(t)
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: "alice"})
			if err == nil {
				won.Add(1)
			} else if refusal := (*Error)(nil); errors.As(err, &refusal) && refusal.Kind == AlreadyExists {
				lost.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || lost.Load() != 15 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
}
