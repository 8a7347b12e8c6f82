package admin_test

import (
	"context"
	"fmt"
	"testing"

	"ossd/access"
	"ossd/protocol/admin"
	"ossd/protocol/rpc/rpctest"
)

// Nobody gets by a declaration what RAM's own actions would refuse.
func TestDeclaredIsPermitted(t *testing.T) {
	applied, users := 0, 0
	w := rpctest.New(t, admin.Actions(admin.Config{
		Operator: func() string { return rpctest.Account },
		Apply: func(context.Context, access.Declaration, bool) ([]access.Change, error) {
			applied++
			return nil, nil
		},
	})...)
	w.User("Alice")
	w.Role("Reader")
	in := func(text string) string { return `{accounts: [{id: "` + rpctest.Account + `", ` + text + `}]}` }
	user := "acs:ram:*:" + rpctest.Account + ":user/"
	for name, c := range map[string]struct{ declared, action, resource string }{
		"a user":             {`users: [{name: bob}]`, "ram:CreateUser", user + "bob"},
		"a user as spelled":  {`users: [{name: ALICE}]`, "ram:CreateUser", user + "Alice"},
		"a key":              {`users: [{name: bob, accessKeys: [{id: LTAIxxxxxxxxxxxxxxxx, secret: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy}]}]`, "ram:CreateAccessKey", user + "bob"},
		"what a user may":    {`users: [{name: bob, policies: [AdministratorAccess]}]`, "ram:AttachPolicyToUser", user + "bob"},
		"a system policy":    {`users: [{name: bob, policies: [administratoraccess]}]`, "ram:AttachPolicyToUser", "acs:ram:*:system:policy/AdministratorAccess"},
		"a policy":           {`policies: [{name: P, document: "{}"}]`, "ram:CreatePolicy", "*"},
		"a policy's version": {`policies: [{name: P, document: "{}"}]`, "ram:CreatePolicyVersion", "*"},
		"a role":             {`roles: [{name: reader}]`, "ram:UpdateRole", "acs:ram:*:*:role/Reader"},
		"a new role":         {`roles: [{name: R}]`, "ram:CreateRole", "*"},
		"what a role may":    {`roles: [{name: R, policies: [ReadOnlyAccess]}]`, "ram:AttachPolicyToRole", "acs:ram:*:*:role/R"},
		"a group":            {`groups: [{name: G}]`, "ram:CreateGroup", "*"},
		"a member":           {`groups: [{name: G, users: [alice]}]`, "ram:AddUserToGroup", user + "Alice"},
		"what a group may":   {`groups: [{name: G, policies: [AdministratorAccess]}]`, "ram:AttachPolicyToGroup", "*"},
		"a policy of a system policy's name": {
			`policies: [{name: readonlyaccess, document: "{}"}], users: [{name: bob, policies: [ReadOnlyAccess]}]`,
			"ram:AttachPolicyToUser", "acs:ram:*:" + rpctest.Account + ":policy/*",
		},
		"a name":              {`name: renamed`, "ram:SetAccountAlias", "*"},
		"a bucket":            {`buckets: [{name: demo}]`, "oss:PutBucket", "acs:oss:*:*:demo"},
		"whom a bucket is to": {`buckets: [{name: demo, acl: public-read}]`, "oss:PutBucketAcl", "*"},
	} {
		t.Run(name, func(t *testing.T) {
			before := applied
			users++
			as := func(who string, documents ...string) rpctest.Response {
				return w.Do(w.User(fmt.Sprint(who, users), documents...), version, "ApplyDeclaration", "Declaration", in(c.declared))
			}
			as("denied", rpctest.Allow("*", "*"), rpctest.Deny(c.action, c.resource)).Refused(403, "NoPermission", denied)
			as("alone", rpctest.Allow("ossd:ApplyDeclaration", "*")).Refused(403, "NoPermission", denied)
			if applied != before {
				t.Error("it was applied all the same")
			}
			as("all", rpctest.Allow("*", "*"), rpctest.Deny("ram:DeleteUser", "*")).OK(nil)
			if applied != before+1 {
				t.Error("it was not applied")
			}
		})
	}

	// Accounts are made with the permission to make accounts.
	another := `{accounts: [{id: "9999999999999999"}]}`
	w.Do(w.User("maker", rpctest.Allow("*", "*"), rpctest.Deny("ossd:CreateAccount", "*")), version, "ApplyDeclaration", "Declaration", another).Refused(403, "NoPermission", denied)

	// The account's own key is not a user's to choose, whatever the user may do.
	own := in(`accessKeyId: LTAIxxxxxxxxxxxxxxxx, accessKeySecret: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy`)
	before := applied
	w.Do(w.User("admin", rpctest.Allow("*", "*")), version, "ApplyDeclaration", "Declaration", own).Refused(403, "NoPermission", "The key of an account is for the account itself to declare.")
	if applied != before {
		t.Error("it was applied all the same")
	}
	w.Do(w.Root, version, "ApplyDeclaration", "Declaration", own).OK(nil)
}
