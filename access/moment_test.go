package access

import (
	"context"
	"testing"

	"ossd/engine/meta"
)

// A key is disabled, and only then its user is given a policy: at no moment was
// reading allowed, whenever the request looks at the one and the other.
func TestKeyAndPolicyAreOfOneMoment(t *testing.T) {
	late := &latecomer{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = late })
	_, alice := w.user(acc1, "alice")
	c := w.credential(alice.ID, "")
	w.changes.generation.Add(1)
	late.afterRead = func() { // the key was seen, the policies were not
		w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false))
		w.allow(acc1, UserEntity, "alice", readDocument)
	}
	d, err := w.Authorize(t.Context(), c, getObject("b/k"))
	wantErr(t, err, ErrKeyInactive)
	if d.Allowed {
		t.Error(d.Explain())
	}
}

func TestKeyIsGoneSinceItsCredentialWasFound(t *testing.T) {
	w := newWorld(t)
	given := AccessKey{ID: "LTAIgiven", Secret: "secret"}
	w.must(second(w.CreateAccount(t.Context(), Account{ID: acc2}, &given)))
	root := w.credential(given.ID, "")
	for _, c := range []struct {
		change func() error
		want   error
	}{
		{func() error { return w.SetAccessKeyActive(t.Context(), acc2, "", given.ID, false) }, ErrKeyInactive},
		{func() error { return w.DeleteAccessKey(t.Context(), acc2, "", given.ID) }, ErrKeyNotFound},
		{func() error { // with another secret
			return lastOf(w.createKey(t.Context(), acc2, "", &AccessKey{ID: given.ID, Secret: "another"}))
		}, ErrKeyNotFound},
		{func() error { // as somebody else's
			w.must(w.DeleteAccessKey(t.Context(), acc2, "", given.ID))
			w.user(acc1, "alice")
			return lastOf(w.createKey(t.Context(), acc1, "alice", &given))
		}, ErrKeyNotFound},
	} {
		w.must(c.change())
		_, err := w.Authorize(t.Context(), root, getObject("b/k"))
		wantErr(t, err, c.want)
	}
}

// A role stops to trust, and only then a user is given leave to assume it.
func TestTrustAndPolicyAreOfOneMoment(t *testing.T) {
	late := &latecomer{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = late })
	_, alice := w.user(acc1, "alice")
	w.user(acc1, "bob")
	reader := w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
	c := w.credential(alice.ID, "")
	w.changes.generation.Add(1)
	late.afterRead = func() { // the role was seen
		onlyBob := trusting("acs:ram::" + acc1 + ":user/bob")
		w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{TrustPolicy: &onlyBob})))
		w.allow(acc1, UserEntity, "alice", allowAssume)
	}
	_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: reader.ARN(), SessionName: "session"})
	refused(t, err, NotPermitted, "", "")
}

// slowpoke returns from an Update a while after its commit.
type slowpoke struct {
	meta.Store
	afterCommit func()
}

func (s *slowpoke) Update(ctx context.Context, locks []meta.Lock, fn func(meta.Tx) error) error {
	err := s.Store.Update(ctx, locks, fn)
	if f := s.afterCommit; f != nil {
		s.afterCommit = nil
		f()
	}
	return err
}

// A change is committed but its Update has not returned. Somebody whose answer was not
// in memory has seen it; nobody who asks after him may be answered from before it.
func TestWhatWasSeenOnceIsSeenByAll(t *testing.T) {
	slow := &slowpoke{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = slow })
	_, alice := w.user(acc1, "alice", readDocument)
	c := w.credential(alice.ID, "")
	ask := func() bool {
		t.Helper()
		d, err := w.Authorize(t.Context(), c, getObject("b/k"))
		w.must(err)
		return d.Allowed
	}
	if !ask() { // now it is in memory
		t.Fatal("alice may not read")
	}
	asked := false
	slow.afterCommit = func() {
		asked = true
		if ask() {
			t.Error("allowed by what was kept in memory, though the rows say no")
		}
	}
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "alice-user-a", UserEntity, "alice"))
	if !asked || ask() {
		t.Error("allowed after the change")
	}
}

// A change that is refused makes nothing stale.
func TestRefusedChangeKeepsWhatIsInMemory(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	w.credential(alice.ID, "")
	before := w.changes.generation.Load()
	_, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: "alice"})
	refused(t, err, AlreadyExists, "User", "")
	if after := w.changes.generation.Load(); after != before || w.changes.underWay.Load() != 0 {
		t.Errorf("generation %d became %d, %d under way", before, after, w.changes.underWay.Load())
	}
}
