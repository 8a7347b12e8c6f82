package access

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ossd/access/policy"
)

// withRole is a world with alice, who may assume roles, and the role reader of
// acc1, which trusts the account and may read.
func withRole(t testing.TB) (w *world, alice AccessKey, reader Role) {
	t.Helper()
	w = newWorld(t)
	_, alice = w.user(acc1, "alice", allowAssume)
	reader = w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"), readDocument)
	return w, alice, reader
}

func TestAssumeRole(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	if !strings.HasPrefix(s.AccessKeyID, "STS.") || len(s.AccessKeyID) != 28 || len(s.AccessKeySecret) != 44 || !strings.HasPrefix(s.SecurityToken, "CAIS") {
		t.Errorf("issued key %q, token %q", s.AccessKeyID, s.SecurityToken)
	}
	if want := w.time().Truncate(time.Second).Add(time.Hour); !s.Expiration.Equal(want) || s.Role.ID != reader.ID || s.SessionName != "session" {
		t.Errorf("issued %+v", s)
	}
	c := w.credential(s.AccessKeyID, s.SecurityToken)
	want := policy.Principal{Type: policy.RoleSession, AccountID: acc1, RoleID: reader.ID, RoleName: "reader", SessionName: "session"}
	if c.Secret != s.AccessKeySecret || !c.Expires.Equal(s.Expiration) || !c.Temporary() || c.Principal != want {
		t.Errorf("the credential is of %+v until %v", c.Principal, c.Expires)
	}
	if d, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil || !d.Allowed {
		t.Errorf("reading: %+v, %v", d, err)
	}
	put := getObject("b/k")
	put.Action = "oss:PutObject"
	if d, err := w.Authorize(t.Context(), c, getObject("b/k"), put); err != nil || d.Allowed || d.Action != "oss:PutObject" {
		t.Errorf("reading and writing: %+v, %v", d, err)
	}
	again := w.assume(w.credential(alice.ID, ""), reader)
	if again.AccessKeyID == s.AccessKeyID || again.AccessKeySecret == s.AccessKeySecret || again.SecurityToken == s.SecurityToken {
		t.Error("two sessions share something")
	}
	w.credential(s.AccessKeyID, s.SecurityToken) // a new session ends no old one
}

func TestAssumeRoleParameters(t *testing.T) {
	w, alice, reader := withRole(t)
	for _, c := range []struct {
		change    func(*AssumeRole)
		kind      Kind
		parameter string
	}{
		{func(in *AssumeRole) { in.RoleARN = strings.ToUpper("reader") }, InvalidFormat, "RoleArn"},
		{func(in *AssumeRole) { in.RoleARN = "acs:ram::123:role/reader" }, InvalidFormat, "RoleArn"},
		{func(in *AssumeRole) { in.RoleARN = "acs:ram::" + acc1 + ":user/reader" }, InvalidFormat, "RoleArn"},
		{func(in *AssumeRole) { in.RoleARN = "acs:ram::" + acc1 + ":role/" }, InvalidFormat, "RoleArn"},
		{func(in *AssumeRole) { in.RoleARN += "/x" }, InvalidFormat, "RoleArn"},
		{func(in *AssumeRole) { in.RoleARN = "acs:ram::" + acc1 + ":role/READER" }, 0, ""},
		{func(in *AssumeRole) { in.SessionName = "s" }, InvalidLength, "RoleSessionName"},
		{func(in *AssumeRole) { in.SessionName = strings.Repeat("s", 65) }, InvalidLength, "RoleSessionName"},
		{func(in *AssumeRole) { in.SessionName = "a/b" }, InvalidChars, "RoleSessionName"},
		{func(in *AssumeRole) { in.SessionName = "a b" }, InvalidChars, "RoleSessionName"},
		{func(in *AssumeRole) { in.SessionName = "a.b@c-d_9" }, 0, ""},
		{func(in *AssumeRole) { in.SessionName = strings.Repeat("s", 64) }, 0, ""},
		{func(in *AssumeRole) { in.Duration = 899 * time.Second }, InvalidFormat, "DurationSeconds"},
		{func(in *AssumeRole) { in.Duration = 900 * time.Second }, 0, ""},
		{func(in *AssumeRole) { in.Duration = 900*time.Second + 1 }, InvalidFormat, "DurationSeconds"},
		{func(in *AssumeRole) { in.Duration = time.Hour }, 0, ""},
		{func(in *AssumeRole) { in.Duration = time.Hour + time.Second }, InvalidFormat, "DurationSeconds"},
		{func(in *AssumeRole) { in.Duration = -time.Hour }, InvalidFormat, "DurationSeconds"},
		{func(in *AssumeRole) { in.Policy = "{" }, Malformed, "Policy"},
		{func(in *AssumeRole) { in.Policy = trusting("acs:ram::" + acc1 + ":root") }, Malformed, "Policy"},
		{func(in *AssumeRole) { in.Policy = readDocument + strings.Repeat(" ", 2048-len(readDocument)) }, 0, ""},
		{func(in *AssumeRole) { in.Policy = readDocument + strings.Repeat(" ", 2049-len(readDocument)) }, InvalidLength, "Policy"},
	} {
		in := AssumeRole{RoleARN: reader.ARN(), SessionName: "session"}
		c.change(&in)
		s, err := w.AssumeRole(t.Context(), w.credential(alice.ID, ""), in)
		if c.kind != 0 {
			refused(t, err, c.kind, "", c.parameter)
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", in, err)
		}
		w.credential(s.AccessKeyID, s.SecurityToken)
	}
}

func TestSessionDurations(t *testing.T) {
	w, alice, reader := withRole(t)
	w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{MaxSessionDuration: ptr(12 * time.Hour)})))
	for asked, want := range map[time.Duration]time.Duration{0: time.Hour, 15 * time.Minute: 15 * time.Minute, 12 * time.Hour: 12 * time.Hour} {
		s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Duration = asked })
		if got := s.Expiration.Sub(w.time().Truncate(time.Second)); got != want {
			t.Errorf("asked for %v, got %v, want %v", asked, got, want)
		}
	}
}

func TestBothSidesMustAgree(t *testing.T) {
	allow := func(resource string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + resource + `"}]}`
	}
	deny := func(resource string) string { return strings.Replace(allow(resource), "Allow", "Deny", 1) }
	role := "acs:ram::" + acc1 + ":role/Reader"
	denyAlice := `{"Version":"1","Statement":[` +
		`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + acc1 + `:root"]}},` +
		`{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + acc1 + `:user/alice"]}}]}`
	root := trusting("acs:ram::" + acc1 + ":root")
	for i, c := range []struct {
		policies []string
		trust    string
		reason   policy.Reason // "": allowed
	}{
		{[]string{allow(role)}, root, ""},
		{[]string{allow("acs:ram:*:" + acc1 + ":role/Reader")}, root, ""},
		{[]string{allow("*")}, trusting("acs:ram::" + acc1 + ":user/alice"), ""},
		{nil, root, policy.NoAllowManagement},
		{[]string{readDocument}, root, policy.NoAllowManagement},
		{[]string{allow("acs:ram::" + acc1 + ":role/other")}, root, policy.NoAllowManagement},
		{[]string{allow("*"), deny(role)}, root, policy.IdentityExplicitDeny},
		{[]string{allow("*")}, trusting("acs:ram::" + acc1 + ":user/bob"), policy.NoAllowByTrustPolicy},
		{[]string{allow("*")}, trusting("acs:ram::" + acc2 + ":root"), policy.NoAllowByTrustPolicy},
		{[]string{allow("*")}, denyAlice, policy.TrustPolicyDeny},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := newWorld(t)
			w.user(acc1, "bob")
			_, alice := w.user(acc1, "alice", c.policies...)
			w.role(acc1, "Reader", c.trust)
			// Asked for in another spelling: a Deny that names the stored one must hold.
			in := AssumeRole{RoleARN: "acs:ram::" + acc1 + ":role/READER", SessionName: "session"}
			_, err := w.AssumeRole(t.Context(), w.credential(alice.ID, ""), in)
			if c.reason == "" {
				w.must(err)
				return
			}
			refused(t, err, NotPermitted, "", "")
			if got := err.(*Error).Decision.Reason; got != c.reason {
				t.Errorf("denied for %s, want %s", got, c.reason)
			}
		})
	}
}

func TestNobodyLearnsWhichRolesExist(t *testing.T) {
	w, _, reader := withRole(t)
	_, bob := w.user(acc1, "bob")
	c := w.credential(bob.ID, "")
	for _, name := range []string{"reader", "missing"} {
		_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: "acs:ram::" + acc1 + ":role/" + name, SessionName: "session"})
		refused(t, err, NotPermitted, "", "")
		if d := err.(*Error).Decision; d.Reason != policy.NoAllowManagement {
			t.Errorf("role %s: %+v", name, d)
		}
	}
	w.allow(acc1, UserEntity, "bob", allowAssume)
	_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: "acs:ram::" + acc1 + ":role/missing", SessionName: "session"})
	refused(t, err, NotExist, "Role", "")
	w.assume(c, reader) // the policy counts from the moment that it is attached
}

func TestWhoCannotAssume(t *testing.T) {
	w, _, reader := withRole(t)
	in := AssumeRole{RoleARN: reader.ARN(), SessionName: "session"}
	_, err := w.AssumeRole(t.Context(), w.credential(w.root.ID, ""), in)
	refused(t, err, RootForbidden, "Role", "")
	_, err = w.AssumeRole(t.Context(), nil, in)
	refused(t, err, NotPermitted, "", "")
	forged := &Credential{Principal: policy.Principal{Type: policy.RoleSession, AccountID: acc1, RoleID: reader.ID}}
	_, err = w.AssumeRole(t.Context(), forged, in)
	wantErr(t, err, ErrTokenInvalid)
}

func TestCrossAccount(t *testing.T) {
	w, _, _ := withRole(t)
	w.must(second(w.CreateAccount(t.Context(), Account{ID: acc2}, nil)))
	_, carol := w.user(acc2, "carol", allowAssume)
	_, dave := w.user(acc2, "dave")
	shared := w.role(acc1, "shared", trusting("acs:ram::"+acc2+":root"), readDocument)
	s := w.assume(w.credential(carol.ID, ""), shared)
	if c := w.credential(s.AccessKeyID, s.SecurityToken); c.Principal.AccountID != acc1 {
		t.Errorf("the session is of account %s", c.Principal.AccountID)
	}
	_, err := w.AssumeRole(t.Context(), w.credential(dave.ID, ""), AssumeRole{RoleARN: shared.ARN(), SessionName: "session"})
	refused(t, err, NotPermitted, "", "")

	w.must(w.Detach(t.Context(), acc2, CustomPolicy, "carol-user-a", UserEntity, "carol"))
	w.must(w.DeleteAccessKey(t.Context(), acc2, "carol", carol.ID))
	w.must(w.DeleteUser(t.Context(), acc2, "carol"))
	_, err = w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
}

func TestSessionPolicy(t *testing.T) {
	w, alice, reader := withRole(t)
	narrow := ` { "Version" : "1", "Statement" : [ { "Effect": "Allow", "Action": "oss:*", "Resource": "acs:oss:*:*:b/own/*" } ] } `
	s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = narrow })
	c := w.credential(s.AccessKeyID, s.SecurityToken)
	for key, reason := range map[string]policy.Reason{"b/own/k": policy.ByIdentityAllow, "b/k": policy.SessionImplicitDeny} {
		d, err := w.Authorize(t.Context(), c, getObject(key))
		w.must(err)
		if d.Reason != reason {
			t.Errorf("%s: %+v, want %s", key, d, reason)
		}
	}
	put := getObject("b/own/k")
	put.Action = "oss:PutObject" // the session policy allows it, the role does not
	if d, _ := w.Authorize(t.Context(), c, put); d.Allowed {
		t.Error("a session policy grants what the role does not have")
	}
}

func TestChaining(t *testing.T) {
	w, alice, reader := withRole(t)
	w.allow(acc1, RoleEntity, "reader", allowAssume)
	writer := w.role(acc1, "writer", trusting("acs:ram::"+acc1+":role/reader"), allowAssume)
	c := w.credential(alice.ID, "")
	_, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: writer.ARN(), SessionName: "session"})
	refused(t, err, NotPermitted, "", "")

	first := w.assume(c, reader)
	hop := w.credential(first.AccessKeyID, first.SecurityToken)
	next := w.assume(hop, writer)
	w.credential(next.AccessKeyID, next.SecurityToken)

	limited := w.assume(c, reader, func(in *AssumeRole) { in.Policy = readDocument })
	_, err = w.AssumeRole(t.Context(), w.credential(limited.AccessKeyID, limited.SecurityToken), AssumeRole{RoleARN: writer.ARN(), SessionName: "session"})
	refused(t, err, NotPermitted, "", "")
	if reason := err.(*Error).Decision.Reason; reason != policy.SessionImplicitDeny {
		t.Errorf("denied for %s: the session policy must allow it too", reason)
	}

	w.sleep(time.Minute)
	if _, err := w.RevokeSessions(t.Context(), acc1, "reader", time.Time{}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Credential(t.Context(), next.AccessKeyID, next.SecurityToken)
	wantErr(t, err, ErrTokenInvalid)
}

func TestChainDoesNotGrowByRepetition(t *testing.T) {
	w, alice, reader := withRole(t)
	w.allow(acc1, RoleEntity, "reader", allowAssume)
	s := w.assume(w.credential(alice.ID, ""), reader)
	for range 2 * maxChain {
		w.sleep(time.Minute)
		s = w.assume(w.credential(s.AccessKeyID, s.SecurityToken), reader)
	}
	if n := len(w.credential(s.AccessKeyID, s.SecurityToken).session.chain); n != 2 {
		t.Errorf("the chain has %d links", n)
	}
}

func TestChainIsBounded(t *testing.T) {
	w, alice, _ := withRole(t)
	c := w.credential(alice.ID, "")
	for i := range maxChain + 1 {
		r := w.role(acc1, fmt.Sprintf("hop%d", i), trusting("acs:ram::"+acc1+":root"), allowAssume)
		s, err := w.AssumeRole(t.Context(), c, AssumeRole{RoleARN: r.ARN(), SessionName: "session"})
		if i == maxChain {
			refused(t, err, LimitExceeded, "Session", "")
			return
		}
		w.must(err)
		c = w.credential(s.AccessKeyID, s.SecurityToken)
	}
}

func TestExpiry(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	w.sleep(s.Expiration.Sub(w.time()) - time.Nanosecond)
	w.credential(s.AccessKeyID, s.SecurityToken)
	w.sleep(time.Nanosecond)
	_, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
	wantErr(t, err, ErrTokenExpired)
	var expired *TokenExpiredError
	if !errors.As(err, &expired) || !expired.At.Equal(s.Expiration) {
		t.Errorf("%v does not know when", err)
	}
}

func TestWhatEndsASession(t *testing.T) {
	for name, end := range map[string]func(*world){
		"role deleted": func(w *world) {
			w.must(w.Detach(w.ctx(), acc1, CustomPolicy, "reader-role-a", RoleEntity, "reader"))
			w.must(w.DeleteRole(w.ctx(), acc1, "reader"))
		},
		"role made anew": func(w *world) {
			w.must(w.Detach(w.ctx(), acc1, CustomPolicy, "reader-role-a", RoleEntity, "reader"))
			w.must(w.DeleteRole(w.ctx(), acc1, "reader"))
			w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
		},
		"user deleted": func(w *world) {
			keys, err := w.AccessKeys(w.ctx(), acc1, "alice")
			w.must(err)
			w.must(w.DeleteAccessKey(w.ctx(), acc1, "alice", keys[0].ID))
			w.must(w.Detach(w.ctx(), acc1, CustomPolicy, "alice-user-a", UserEntity, "alice"))
			w.must(w.DeleteUser(w.ctx(), acc1, "alice"))
		},
		"revoked later": func(w *world) {
			w.sleep(time.Second)
			w.must(lastOf(w.RevokeSessions(w.ctx(), acc1, "reader", time.Time{})))
		},
		"revoked in that ms": func(w *world) { w.must(lastOf(w.RevokeSessions(w.ctx(), acc1, "reader", time.Time{}))) },
		"revoked twice": func(w *world) {
			w.sleep(time.Millisecond)
			w.must(lastOf(w.RevokeSessions(w.ctx(), acc1, "reader", time.Time{})))
			w.must(lastOf(w.RevokeSessions(w.ctx(), acc1, "reader", time.Time{})))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, alice, reader := withRole(t)
			s := w.assume(w.credential(alice.ID, ""), reader)
			c := w.credential(s.AccessKeyID, s.SecurityToken)
			end(w)
			_, err := w.Credential(t.Context(), s.AccessKeyID, s.SecurityToken)
			wantErr(t, err, ErrTokenInvalid)
			_, err = w.Authorize(t.Context(), c, getObject("b/k"))
			wantErr(t, err, ErrTokenInvalid)
		})
	}
}

func TestWhatEndsNoSession(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", alice.ID, false))
	w.must(lastOf(w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Name: ptr("alicia")})))
	w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{TrustPolicy: ptr(trusting("acs:ram::" + acc2 + ":root"))})))
	w.credential(s.AccessKeyID, s.SecurityToken)

	w.sleep(time.Second)
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alicia", alice.ID, true))
	w.must(lastOf(w.RevokeSessions(t.Context(), acc1, "reader", time.Time{})))
	w.sleep(time.Millisecond)
	w.must(lastOf(w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{TrustPolicy: ptr(trusting("acs:ram::" + acc1 + ":root"))})))
	s = w.assume(w.credential(alice.ID, ""), reader)
	w.credential(s.AccessKeyID, s.SecurityToken) // issued after the revocation
}

func TestRolePoliciesAreReadAtRequestTime(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader)
	c := w.credential(s.AccessKeyID, s.SecurityToken)
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "reader-role-a", RoleEntity, "reader"))
	if d, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil || d.Allowed {
		t.Errorf("after detaching: %+v, %v", d, err)
	}
}
