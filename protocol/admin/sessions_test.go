package admin_test

import (
	"testing"
	"time"

	"ossd/access"
	"ossd/protocol/admin"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
	"ossd/protocol/sts"
)

const denied = "You are not authorized to do this action. You should be authorized by RAM."

func sessionsWorld(t *testing.T) *rpctest.World {
	actions := append(admin.Actions(admin.Config{Operator: func() string { return rpctest.Account }}), sts.Actions(nil)...)
	return rpctest.New(t, actions...)
}

func whoAmI(w *rpctest.World, cred signature.Credentials) rpctest.Response {
	return w.Do(cred, "2015-04-01", "GetCallerIdentity", "Format", "JSON")
}

func TestRevokeSessions(t *testing.T) {
	w := sessionsWorld(t)
	alice := w.User("alice", rpctest.Allow("sts:AssumeRole", "*"))
	role := w.Role("Reader")
	first := w.Assume(alice, role, "first")
	w.Advance(time.Minute)
	second := w.Assume(alice, role, "second")
	const over = "Specified SecurityToken is malformed."

	revoke := func(cred signature.Credentials, pairs ...string) rpctest.Response {
		return w.Do(cred, version, "RevokeSessions", append([]string{"Format", "JSON"}, pairs...)...)
	}
	revoke(w.Root, "RoleName", "Reader", "BeforeTime", "yesterday").Refused(400, "InvalidParameter.BeforeTime", "Specified parameter BeforeTime is not valid.")
	revoke(w.Root, "RoleName", "Reader", "BeforeTime", w.Now().Add(time.Second).Format(time.RFC3339)).Refused(400, "InvalidParameter.BeforeTime", "Specified parameter BeforeTime is not valid.")
	revoke(w.Root, "RoleName", "missing").Refused(404, "EntityNotExist.Role", "The role does not exist.")
	revoke(w.Root).Refused(400, "MissingRoleName", "RoleName is mandatory for this action.")
	revoke(alice, "RoleName", "Reader").Refused(403, "NoPermission", denied)
	whoAmI(w, first).OK(nil)

	var got struct{ RoleName, RevokedBefore string }
	revoke(w.Root, "RoleName", "READER", "BeforeTime", "2026-11-24T13:00:30+01:00").OK(&got)
	if got.RoleName != "Reader" || got.RevokedBefore != "2026-11-24T12:00:30.000Z" {
		t.Errorf("%+v", got)
	}
	whoAmI(w, first).Refused(400, "InvalidSecurityToken.Malformed", over)
	whoAmI(w, second).OK(nil)
	revoke(w.Root, "RoleName", "Reader").OK(nil)
	whoAmI(w, second).Refused(400, "InvalidSecurityToken.Malformed", over)
	w.Advance(time.Millisecond)
	whoAmI(w, w.Assume(alice, role, "third")).OK(nil)

	// A permission is for the role by its own spelling.
	bob := w.User("bob", rpctest.Allow("ossd:RevokeSessions", "*"), rpctest.Deny("ossd:RevokeSessions", "acs:ossd:*:*:role/Reader"))
	revoke(bob, "RoleName", "reader").Refused(403, "NoPermission", denied)
	w.Role("other")
	revoke(bob, "RoleName", "other").OK(nil)
}

func TestRotateKeys(t *testing.T) {
	w := sessionsWorld(t)
	alice := w.User("alice", rpctest.Allow("sts:AssumeRole", "*"))
	session := w.Assume(alice, w.Role("reader"), "session")
	rotate := func(cred signature.Credentials) rpctest.Response {
		return w.Do(cred, version, "RotateKeys", "Format", "JSON")
	}
	rotate(alice).Refused(403, "NoPermission", denied)
	var got struct{ KeyId, SecretsResealed, KeysDropped, KeysKept int }
	rotate(w.Root).OK(&got)
	if got.KeyId != 2 || got.SecretsResealed != 2 || got.KeysDropped != 0 || got.KeysKept != 2 {
		t.Errorf("%+v", got)
	}
	for _, cred := range []signature.Credentials{w.Root, alice, session} {
		whoAmI(w, cred).OK(nil)
	}

	// Another account has no say, its root key included.
	key := access.AccessKey{ID: "LTAIotherotherotherother", Secret: "otherSecret0123456789"}
	if _, _, err := w.Directory.CreateAccount(t.Context(), access.Account{ID: "2345678901234567"}, &key); err != nil {
		t.Fatal(err)
	}
	rotate(signature.Credentials{AccessKeyID: key.ID, Secret: key.Secret}).Refused(403, "NoPermission", "Only the first account of the server may do this.")
}
