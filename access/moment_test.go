package access

import "testing"

// A key is disabled, and only then its user is given a policy: at no moment was
// reading allowed, whenever the request looks at the one and the other.
func TestKeyAndPolicyAreOfOneMoment(t *testing.T) {
	late := &latecomer{Store: newRows()}
	w := newWorld(t, func(c *Config) { c.Rows = late })
	_, alice := w.user(acc1, "alice")
	c := w.credential(alice.ID, "")
	w.generation.Add(1)
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
	w.generation.Add(1)
	late.afterRead = func() { // the role was seen
		onlyBob := trusting("acs:ram::" + acc1 + ":user/bob")
		w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{TrustPolicy: &onlyBob})))
		w.allow(acc1, UserEntity, "alice", allowAssume)
	}
	_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: reader.ARN(), SessionName: "session"})
	refused(t, err, NotPermitted, "", "")
}
