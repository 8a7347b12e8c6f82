package access

import (
	"errors"
	"strings"
	"testing"

	"ossd/access/policy"
	"ossd/engine/meta"
)

func TestAuthorizeByPrincipal(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice", readDocument)
	_, bob := w.user(acc1, "bob")
	public := getObject("b/k")
	public.BucketACL = policy.PublicRead
	for _, c := range []struct {
		who    string
		by     *Credential
		check  Check
		reason policy.Reason
	}{
		{"owner", w.credential(w.root.ID, ""), getObject("b/k"), policy.ByOwner},
		{"alice", w.credential(alice.ID, ""), getObject("b/k"), policy.ByIdentityAllow},
		{"bob", w.credential(bob.ID, ""), getObject("b/k"), policy.NoAllowACL},
		{"bob, public", w.credential(bob.ID, ""), public, policy.ByBucketACL},
		{"anonymous", nil, getObject("b/k"), policy.NoAllowACL},
		{"anonymous, public", nil, public, policy.ByBucketACL},
	} {
		d, err := w.Authorize(t.Context(), c.by, c.check)
		w.must(err)
		if d.Reason != c.reason {
			t.Errorf("%s: %s, want %s", c.who, d.Explain(), c.reason)
		}
	}
	if d, err := w.Authorize(t.Context(), w.credential(w.root.ID, "")); err != nil || d.Allowed {
		t.Errorf("nothing was asked and the answer is %+v, %v", d, err)
	}
}

func TestAuthorizeAsksEverything(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice", readDocument)
	put := getObject("b/copy")
	put.Action = "oss:PutObject"
	for _, checks := range [][]Check{{getObject("b/k"), put}, {put, getObject("b/k")}} {
		d, err := w.Authorize(t.Context(), w.credential(alice.ID, ""), checks...)
		if err != nil || d.Allowed || d.Action != "oss:PutObject" {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

func TestUserGoneSinceItsCredentialWasFound(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice")
	c := w.credential(alice.ID, "")
	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", alice.ID))
	w.must(w.DeleteUser(t.Context(), acc1, "alice"))
	_, err := w.Authorize(t.Context(), c, getObject("b/k"))
	wantErr(t, err, ErrKeyNotFound)
}

// A document that no longer parses may hold a Deny: nothing may be allowed past it.
func TestUnreadablePolicyFailsClosed(t *testing.T) {
	w := newWorld(t)
	_, alice := w.user(acc1, "alice", readDocument, readDocument)
	key := policyKey(acc1, "alice-user-b")
	for _, spoil := range []func(tx meta.Tx) error{
		func(tx meta.Tx) error {
			var row policyRow
			if _, err := readRow(tx, key, &row); err != nil {
				return err
			}
			row.Versions[0].Document = strings.Replace(readDocument, "Effect", "Effekt", 1)
			return writeRow(tx, key, row)
		},
		func(tx meta.Tx) error { return deleteRow(tx, key) },
	} {
		w.must(w.update(t.Context(), spoil))
		d, err := w.Authorize(t.Context(), w.credential(alice.ID, ""), getObject("b/k"))
		if err == nil || d.Allowed || !strings.Contains(err.Error(), "alice-user-b") {
			t.Errorf("%+v, %v", d, err)
		}
		if isNotExist(err) {
			t.Errorf("%v would be taken for an answer to the request", err)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("cause")
	for err, want := range map[*Error]string{
		{Kind: NotExist, Entity: "User.Policy"}:                                                                      "access: does not exist, entity User.Policy",
		{Kind: DeleteConflict, Entity: "User", Parameter: "Policy"}:                                                  "access: is still in use, entity User, parameter Policy",
		{Kind: Malformed, Parameter: "Policy", Err: cause}:                                                           "access: malformed document, parameter Policy: cause",
		{Kind: NotPermitted, Decision: &policy.Decision{Action: "sts:AssumeRole", Reason: policy.NoAllowManagement}}: "access: not permitted: sts:AssumeRole is denied: no policy allows it.",
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err.Error(), want)
		}
	}
}
