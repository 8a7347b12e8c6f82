package access

import (
	"strings"
	"testing"

	"ossd/access/policy"
)

func TestSourceIdentity(t *testing.T) {
	w, alice, reader := withRole(t)
	for _, c := range []struct {
		source string
		kind   Kind
	}{
		{"", 0}, {"al", 0}, {"Alice_+=,.@-1", 0}, {strings.Repeat("a", 64), 0}, {"acsalice", 0},
		{"a", InvalidLength}, {strings.Repeat("a", 65), InvalidLength},
		{"alice smith", InvalidChars}, {"alice/smith", InvalidChars}, {"ålice", InvalidChars}, {"alice\n", InvalidChars},
		{"acs:alice", InvalidFormat}, {"aliyun:alice", InvalidFormat}, {"alibabacloud:alice", InvalidFormat}, {"ACS:alice", InvalidFormat},
	} {
		s, err := w.AssumeRole(t.Context(), w.credential(alice.ID, ""), AssumeRole{RoleARN: reader.ARN(), SessionName: "session", SourceIdentity: c.source})
		if c.kind != 0 {
			refused(t, err, c.kind, "", "SourceIdentity")
			continue
		}
		w.must(err)
		if got := w.credential(s.AccessKeyID, s.SecurityToken).Principal.SourceIdentity; got != c.source || s.SourceIdentity != c.source {
			t.Errorf("asked for %q: the session says %q, the answer %q", c.source, got, s.SourceIdentity)
		}
	}
}

// Once set it comes along, whatever the roles in between say.
func TestSourceIdentityThroughAChain(t *testing.T) {
	w, alice, reader := withRole(t)
	w.allow(acc1, RoleEntity, "reader", allowAssume)
	writer := w.role(acc1, "writer", trusting("acs:ram::"+acc1+":root"), allowAssume)
	from := func(source string) func(*AssumeRole) { return func(in *AssumeRole) { in.SourceIdentity = source } }

	first := w.assume(w.credential(alice.ID, ""), reader, from("alice"))
	hop := w.credential(first.AccessKeyID, first.SecurityToken)
	for name, s := range map[string]IssuedSession{
		"inherited": w.assume(hop, writer),
		"repeated":  w.assume(hop, writer, from("alice")),
	} {
		last := w.assume(w.credential(s.AccessKeyID, s.SecurityToken), reader)
		if s.SourceIdentity != "alice" || last.SourceIdentity != "alice" {
			t.Errorf("%s: %q, then %q", name, s.SourceIdentity, last.SourceIdentity)
		}
	}
	for _, source := range []string{"bob", "Alice"} {
		_, err := w.AssumeRole(t.Context(), hop, AssumeRole{RoleARN: writer.ARN(), SessionName: "session", SourceIdentity: source})
		refused(t, err, NotPermitted, "", "SourceIdentity")
	}

	// A chain that began without one may get one on its way.
	plain := w.assume(w.credential(alice.ID, ""), reader)
	late := w.assume(w.credential(plain.AccessKeyID, plain.SecurityToken), writer, from("carol"))
	if late.SourceIdentity != "carol" {
		t.Errorf("set on the way: %q", late.SourceIdentity)
	}
}

// Trust policies ask for sts:SourceIdentity: that of the session to come, also
// where it is inherited.
func TestSourceIdentityInTrustPolicies(t *testing.T) {
	w, alice, reader := withRole(t)
	w.allow(acc1, RoleEntity, "reader", allowAssume)
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + acc1 + `:root"]},` +
		`"Condition":{"StringLike":{"sts:SourceIdentity":"ali*"}}}]}`
	guarded := w.role(acc1, "guarded", trust)
	c := w.credential(alice.ID, "")
	w.assume(c, guarded, func(in *AssumeRole) { in.SourceIdentity = "alice" })
	first := w.assume(c, reader, func(in *AssumeRole) { in.SourceIdentity = "alice" })
	w.assume(w.credential(first.AccessKeyID, first.SecurityToken), guarded)

	for _, source := range []string{"", "bob"} {
		_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: guarded.ARN(), SessionName: "session", SourceIdentity: source})
		refused(t, err, NotPermitted, "", "")
		if reason := err.(*Error).Decision.Reason; reason != policy.NoAllowByTrustPolicy {
			t.Errorf("%q: %s", source, reason)
		}
	}
}
