package access

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/access/policy"
)

const readDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Resource":["*"]}]}`

func TestGeneratedIdentifiers(t *testing.T) {
	w := newWorld(t)
	a, root, err := w.CreateAccount(t.Context(), Account{}, nil)
	w.must(err)
	u, k := w.user(a.ID, "alice")
	r := w.role(a.ID, "reader", trusting("acs:ram::"+a.ID+":root"))
	for _, c := range []struct {
		what, text, prefix, alphabet string
		length                       int
	}{
		{"account id", a.ID, "1", digits, 16},
		{"user id", u.ID, "2", digits, 18},
		{"role id", r.ID, "3", digits, 18},
		{"key id of the account", root.ID, "LTAI", alphanumeric, 24},
		{"key id", k.ID, "LTAI", alphanumeric, 24},
		{"secret", k.Secret, "", alphanumeric, 30},
	} {
		if len(c.text) != c.length || !strings.HasPrefix(c.text, c.prefix) || strings.Trim(c.text, c.alphabet) != "" {
			t.Errorf("%s is %q", c.what, c.text)
		}
	}
}

func TestRandomTextIsUniform(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, alphabet := range []string{digits, alphanumeric} {
		text := appendUniform(nil, 1000, alphabet, all)
		for _, c := range alphabet {
			if n := strings.Count(string(text), string(c)); n != 256/len(alphabet) {
				t.Errorf("of all bytes, %d become %c in an alphabet of %d", n, c, len(alphabet))
			}
		}
	}
}

func TestNames(t *testing.T) {
	w := newWorld(t)
	trust := trusting("acs:ram::" + acc1 + ":root")
	make := map[string]func(name string) error{
		"UserName": func(name string) error {
			_, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: name})
			return err
		},
		"RoleName": func(name string) error {
			_, err := w.CreateRole(t.Context(), Role{AccountID: acc1, Name: name, TrustPolicy: trust})
			return err
		},
		"PolicyName": func(name string) error {
			_, err := w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: name, Document: readDocument})
			return err
		},
	}
	for _, c := range []struct {
		parameter, name string
		kind            Kind // 0: accepted
	}{
		{"UserName", "a", 0}, {"UserName", "A.b_c-9", 0}, {"UserName", strings.Repeat("u", 64), 0},
		{"UserName", "", InvalidLength}, {"UserName", strings.Repeat("u", 65), InvalidLength},
		{"UserName", "a b", InvalidChars}, {"UserName", "a/b", InvalidChars}, {"UserName", "a@b", InvalidChars}, {"UserName", "é", InvalidChars},
		{"RoleName", "r.-9", 0}, {"RoleName", strings.Repeat("r", 64), 0},
		{"RoleName", strings.Repeat("r", 65), InvalidLength}, {"RoleName", "a_b", InvalidChars}, {"RoleName", "", InvalidLength},
		{"PolicyName", "p-9", 0}, {"PolicyName", strings.Repeat("p", 128), 0},
		{"PolicyName", strings.Repeat("p", 129), InvalidLength}, {"PolicyName", "a.b", InvalidChars}, {"PolicyName", "", InvalidLength},
	} {
		err := make[c.parameter](c.name)
		if c.kind == 0 {
			if err != nil {
				t.Errorf("%s %q: %v", c.parameter, c.name, err)
			}
			continue
		}
		refused(t, err, c.kind, "", c.parameter)
	}
}

func TestUserFields(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		user      User
		kind      Kind
		parameter string
	}{
		{User{DisplayName: strings.Repeat("界", 128)}, 0, ""},
		{User{DisplayName: strings.Repeat("d", 129)}, InvalidLength, "DisplayName"},
		{User{DisplayName: "a\x00b"}, InvalidChars, "DisplayName"},
		{User{Comments: strings.Repeat("c", 129)}, InvalidLength, "Comments"},
		{User{Email: "a@example.com", MobilePhone: "86-18600008888"}, 0, ""},
		{User{Email: "nobody"}, InvalidFormat, "Email"},
		{User{Email: "a@b@c"}, InvalidFormat, "Email"},
		{User{MobilePhone: "call me"}, InvalidFormat, "MobilePhone"},
	} {
		c.user.AccountID, c.user.Name = acc1, fmt.Sprintf("u%d", time.Now().UnixNano())
		_, err := w.CreateUser(t.Context(), c.user)
		if c.kind == 0 {
			w.must(err)
		} else {
			refused(t, err, c.kind, "", c.parameter)
		}
	}
}

func TestUserLifecycle(t *testing.T) {
	w := newWorld(t)
	u, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: "Alice", Comments: "first"})
	w.must(err)
	if u.DisplayName != "Alice" || !u.CreateDate.Equal(w.time().Truncate(time.Second)) || u.UpdateDate != u.CreateDate {
		t.Errorf("created %+v", u)
	}
	_, err = w.CreateUser(t.Context(), User{AccountID: acc1, Name: "aLICE"})
	refused(t, err, AlreadyExists, "User", "")

	got, err := w.User(t.Context(), acc1, "ALICE")
	w.must(err)
	if got != u {
		t.Errorf("got %+v, want %+v", got, u)
	}
	w.sleep(time.Minute)
	got, err = w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Comments: ptr(""), Email: ptr("a@example.com")})
	w.must(err)
	if got.Comments != "" || got.Email != "a@example.com" || got.DisplayName != "Alice" || !got.UpdateDate.After(got.CreateDate) {
		t.Errorf("updated to %+v", got)
	}
	_, err = w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Email: ptr("nobody")})
	refused(t, err, InvalidFormat, "", "NewEmail")

	w.must(w.DeleteUser(t.Context(), acc1, "Alice"))
	_, err = w.User(t.Context(), acc1, "Alice")
	refused(t, err, NotExist, "User", "")
	_, err = w.UpdateUser(t.Context(), acc1, "Alice", UserUpdate{})
	refused(t, err, NotExist, "User", "")
	refused(t, w.DeleteUser(t.Context(), acc1, "Alice"), NotExist, "User", "")
	_, err = w.CreateUser(t.Context(), User{AccountID: acc2, Name: "bob"})
	refused(t, err, NotExist, "Account", "")
}

func TestNamesFoldOnlyInASCII(t *testing.T) {
	w := newWorld(t)
	w.user(acc1, "key")
	_, err := w.User(t.Context(), acc1, "\u212aey") // the Kelvin sign's lower case is k
	refused(t, err, NotExist, "User", "")
}

func TestRenameKeepsWhatTheUserHas(t *testing.T) {
	w := newWorld(t)
	u, k := w.user(acc1, "alice", readDocument)
	w.user(acc1, "bob")
	_, err := w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Name: ptr("Bob")})
	refused(t, err, AlreadyExists, "User", "")
	_, err = w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Name: ptr("a b")})
	refused(t, err, InvalidChars, "", "NewUserName")
	w.credential(k.ID, "") // now cached under the old name

	renamed, err := w.UpdateUser(t.Context(), acc1, "alice", UserUpdate{Name: ptr("carol")})
	w.must(err)
	if renamed.ID != u.ID {
		t.Errorf("id changed from %s to %s", u.ID, renamed.ID)
	}
	_, err = w.User(t.Context(), acc1, "alice")
	refused(t, err, NotExist, "User", "")
	c := w.credential(k.ID, "")
	if c.Principal.UserName != "carol" || c.Secret != k.Secret {
		t.Errorf("the key now stands for %+v", c.Principal)
	}
	if d, err := w.Authorize(t.Context(), c, getObject("b/k")); err != nil || !d.Allowed {
		t.Errorf("the attached policy was lost: %+v, %v", d, err)
	}
	if _, err := w.UpdateUser(t.Context(), acc1, "carol", UserUpdate{Name: ptr("CAROL")}); err != nil {
		t.Errorf("changing the case of a name: %v", err)
	}
}

func TestDeleteConflicts(t *testing.T) {
	w := newWorld(t)
	_, k := w.user(acc1, "alice", readDocument)
	w.role(acc1, "reader", trusting("acs:ram::"+acc1+":root"))
	w.must(w.Attach(t.Context(), acc1, CustomPolicy, "alice-user-a", RoleEntity, "reader"))

	refused(t, w.DeleteUser(t.Context(), acc1, "alice"), DeleteConflict, "User", "AccessKey")
	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", k.ID))
	refused(t, w.DeleteUser(t.Context(), acc1, "alice"), DeleteConflict, "User", "Policy")
	refused(t, w.DeleteRole(t.Context(), acc1, "reader"), DeleteConflict, "Role", "Policy")
	refused(t, w.DeletePolicy(t.Context(), acc1, "alice-user-a", false), DeleteConflict, "Policy", "User")
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "Alice-User-A", UserEntity, "ALICE"))
	w.must(w.DeleteUser(t.Context(), acc1, "alice"))
	refused(t, w.DeletePolicy(t.Context(), acc1, "alice-user-a", false), DeleteConflict, "Policy", "Role")
	w.must(w.Detach(t.Context(), acc1, CustomPolicy, "alice-user-a", RoleEntity, "reader"))
	w.must(w.DeletePolicy(t.Context(), acc1, "ALICE-user-a", false))
	w.must(w.DeleteRole(t.Context(), acc1, "READER"))
}

func TestAccessKeys(t *testing.T) {
	w := newWorld(t)
	_, first := w.user(acc1, "alice")
	w.user(acc1, "bob")
	second, err := w.CreateAccessKey(t.Context(), acc1, "Alice")
	w.must(err)
	_, err = w.CreateAccessKey(t.Context(), acc1, "alice")
	refused(t, err, LimitExceeded, "User.AccessKey", "")
	_, err = w.CreateAccessKey(t.Context(), acc1, "nobody")
	refused(t, err, NotExist, "User", "")

	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", first.ID, false))
	keys, err := w.AccessKeys(t.Context(), acc1, "alice")
	w.must(err)
	for _, k := range keys {
		if k.Secret != "" || k.Active != (k.ID != first.ID) {
			t.Errorf("listed %+v", k)
		}
	}
	if len(keys) != 2 {
		t.Fatalf("%d keys, want 2", len(keys))
	}
	for _, owner := range []string{"bob", ""} {
		refused(t, w.SetAccessKeyActive(t.Context(), acc1, owner, first.ID, true), NotExist, "User.AccessKey", "")
		refused(t, w.DeleteAccessKey(t.Context(), acc1, owner, first.ID), NotExist, "User.AccessKey", "")
	}
	w.must(w.DeleteAccessKey(t.Context(), acc1, "alice", second.ID))
	refused(t, w.DeleteAccessKey(t.Context(), acc1, "alice", second.ID), NotExist, "User.AccessKey", "")
}

func TestAccountKeys(t *testing.T) {
	w := newWorld(t)
	k, err := w.CreateAccessKey(t.Context(), acc1, "")
	w.must(err)
	if c := w.credential(k.ID, ""); c.Principal != (policy.Principal{Type: policy.Account, AccountID: acc1}) {
		t.Errorf("stands for %+v", c.Principal)
	}
	_, err = w.CreateAccessKey(t.Context(), acc1, "")
	refused(t, err, LimitExceeded, "User.AccessKey", "")
	_, _, err = w.CreateAccount(t.Context(), Account{ID: acc1}, nil)
	refused(t, err, AlreadyExists, "Account", "")
	_, _, err = w.CreateAccount(t.Context(), Account{ID: acc2}, &AccessKey{ID: k.ID, Secret: "other"})
	refused(t, err, AlreadyExists, "User.AccessKey", "")
	_, _, err = w.CreateAccount(t.Context(), Account{ID: "12"}, nil)
	refused(t, err, InvalidFormat, "", "AccountId")

	accounts, err := w.Accounts(t.Context())
	w.must(err)
	if len(accounts) != 1 || accounts[0].ID != acc1 || accounts[0].Name != "first" {
		t.Errorf("accounts are %+v: a refused creation must leave nothing", accounts)
	}
}

func TestBroughtKeysAreChecked(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 129)
	for _, c := range []struct{ id, secret, parameter string }{
		{"", "s", "AccessKeyId"}, {"a b", "s", "AccessKeyId"}, {"é", "s", "AccessKeyId"}, {long, "s", "AccessKeyId"},
		{"STS.mine", "s", "AccessKeyId"}, {"id", "", "AccessKeySecret"}, {"id", "se cret", "AccessKeySecret"}, {"id", long, "AccessKeySecret"},
	} {
		_, _, err := w.CreateAccount(t.Context(), Account{ID: acc2}, &AccessKey{ID: c.id, Secret: c.secret})
		refused(t, err, InvalidFormat, "", c.parameter)
		if c.secret != "s" && c.secret != "" && strings.Contains(err.Error(), c.secret) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
	_, k, err := w.CreateAccount(t.Context(), Account{ID: acc2}, &AccessKey{ID: "any/id~", Secret: "any+secret/="})
	w.must(err)
	if c := w.credential(k.ID, ""); c.Secret != "any+secret/=" {
		t.Error("the secret that was brought along is not the one that counts")
	}
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	w.user(acc1, "alice")
	r := w.role(acc1, "Reader", `{"Version":"1","Statement":[{"Effect":"Allow", "Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::`+acc1+`:root"}}]}`)
	if r.MaxSessionDuration != time.Hour || r.ARN() != "acs:ram::"+acc1+":role/Reader" {
		t.Errorf("created %+v", r)
	}
	if want := `{"Version":"1","Statement":[{"Effect":"Allow", "Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + acc1 + `:root"]}}]}`; r.TrustPolicy != want {
		t.Errorf("trust policy is stored as\n%s, want\n%s", r.TrustPolicy, want)
	}
	got, err := w.Role(t.Context(), acc1, "reader")
	w.must(err)
	if !reflect.DeepEqual(got, r) {
		t.Errorf("got %+v, want %+v", got, r)
	}
	_, err = w.CreateRole(t.Context(), Role{AccountID: acc1, Name: "READER", TrustPolicy: r.TrustPolicy})
	refused(t, err, AlreadyExists, "Role", "")

	for _, d := range []time.Duration{time.Hour - 1, 12*time.Hour + 1, time.Hour + time.Millisecond, -1} {
		_, err = w.CreateRole(t.Context(), Role{AccountID: acc1, Name: "other", TrustPolicy: r.TrustPolicy, MaxSessionDuration: d})
		refused(t, err, InvalidFormat, "", "MaxSessionDuration")
		_, err = w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{MaxSessionDuration: &d})
		refused(t, err, InvalidFormat, "", "NewMaxSessionDuration")
	}
	_, err = w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{Description: ptr(strings.Repeat("d", 1025))})
	refused(t, err, InvalidLength, "", "NewDescription")
	w.sleep(time.Minute)
	got, err = w.UpdateRole(t.Context(), acc1, "reader", RoleUpdate{
		MaxSessionDuration: ptr(12 * time.Hour), Description: ptr("d"), TrustPolicy: ptr(trusting("acs:ram::" + acc1 + ":user/alice")),
	})
	w.must(err)
	if got.ID != r.ID || got.MaxSessionDuration != 12*time.Hour || got.Description != "d" || !got.UpdateDate.After(got.CreateDate) {
		t.Errorf("updated to %+v", got)
	}
	_, err = w.UpdateRole(t.Context(), acc1, "nobody", RoleUpdate{})
	refused(t, err, NotExist, "Role", "")
}

func TestTrustPolicyIsChecked(t *testing.T) {
	w := newWorld(t)
	w.user(acc1, "alice")
	w.role(acc1, "first", trusting("acs:ram::"+acc1+":root"))
	for _, c := range []struct {
		trust string
		kind  Kind
		says  string
	}{
		{trusting("acs:ram::" + acc1 + ":user/Alice"), 0, ""},
		{trusting("acs:ram::" + acc1 + ":role/first"), 0, ""},
		{trusting("acs:ram::"+acc2+":root", "acs:ram::"+acc2+":user/whoever"), 0, ""},
		{`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`, 0, ""},
		{trusting("acs:ram::"+acc1+":root", "acs:ram::"+acc1+":user/bob"), Malformed, "user/bob does not exist"},
		{trusting("acs:ram::" + acc1 + ":role/second"), Malformed, "role/second does not exist"},
		{`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::` + acc1 + `:user/bob"}}]}`, Malformed, "user/bob does not exist"},
		{readDocument, Malformed, "Statement"},
		{`{`, Malformed, ""},
		{"", InvalidLength, ""},
		{strings.Repeat(" ", 6145), InvalidLength, ""},
	} {
		r, err := w.CreateRole(t.Context(), Role{AccountID: acc1, Name: "role", TrustPolicy: c.trust})
		if c.kind != 0 {
			refused(t, err, c.kind, "", "AssumeRolePolicyDocument")
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			continue
		}
		w.must(err)
		w.must(w.DeleteRole(t.Context(), acc1, r.Name))
	}
}

func TestPolicies(t *testing.T) {
	w := newWorld(t)
	spaced := strings.ReplaceAll(readDocument, `":`, `" : `)
	p, err := w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "Reading", Document: readDocument, Description: "d"})
	w.must(err)
	if p.Type != CustomPolicy || p.DefaultVersion != "v1" || p.Document != readDocument {
		t.Errorf("created %+v", p)
	}
	_, err = w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "READING", Document: readDocument})
	refused(t, err, AlreadyExists, "Policy", "")
	for document, kind := range map[string]Kind{"": InvalidLength, strings.Repeat(" ", 6145): InvalidLength, `{"Version":"1"}`: Malformed, trusting("acs:ram::" + acc1 + ":root"): Malformed} {
		_, err = w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "other", Document: document})
		refused(t, err, kind, "", "PolicyDocument")
		_, err = w.CreatePolicyVersion(t.Context(), acc1, "reading", NewPolicyVersion{Document: document})
		refused(t, err, kind, "", "PolicyDocument")
	}
	var syntax *policy.SyntaxError
	_, err = w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "other", Document: `{"Version":"1"}`})
	if !errors.As(err, &syntax) {
		t.Errorf("%v does not say where the document is wrong", err)
	}
	_, err = w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "other", Document: readDocument, Description: strings.Repeat("d", 1025)})
	refused(t, err, InvalidLength, "", "Description")

	_, err = w.CreatePolicyVersion(t.Context(), acc1, "reading", NewPolicyVersion{Document: spaced, Default: true})
	w.must(err)
	p, err = w.Policy(t.Context(), acc1, CustomPolicy, "reading")
	w.must(err)
	if p.Document != spaced || p.Description != "d" || p.Name != "Reading" {
		t.Errorf("updated to %+v", p)
	}
	_, err = w.Policy(t.Context(), acc1, "Managed", "reading")
	refused(t, err, InvalidFormat, "", "PolicyType")
	_, err = w.Policy(t.Context(), acc1, SystemPolicy, "reading")
	refused(t, err, NotExist, "Policy", "")
}

func TestSystemPoliciesCannotBeChanged(t *testing.T) {
	w := newWorld(t)
	p, err := w.Policy(t.Context(), acc1, SystemPolicy, "aliyunossreadonlyaccess")
	w.must(err)
	if p.Name != "AliyunOSSReadOnlyAccess" || p.Type != SystemPolicy || p.AccountID != "" || p.Document == "" {
		t.Errorf("got %+v", p)
	}
	_, err = w.UpdatePolicy(t.Context(), acc1, p.Name, PolicyUpdate{Description: ptr("mine")})
	refused(t, err, NotExist, "Policy", "")
	refused(t, w.DeletePolicy(t.Context(), acc1, p.Name, true), NotExist, "Policy", "")

	w.user(acc1, "alice")
	w.must(w.Attach(t.Context(), acc1, SystemPolicy, p.Name, UserEntity, "alice"))
	p, err = w.Policy(t.Context(), acc1, SystemPolicy, p.Name)
	w.must(err)
	if p.AttachmentCount != 1 {
		t.Errorf("AttachmentCount is %d", p.AttachmentCount)
	}
	w.must(second(w.CreateAccount(t.Context(), Account{ID: acc2}, nil)))
	p, err = w.Policy(t.Context(), acc2, SystemPolicy, p.Name)
	w.must(err)
	if p.AttachmentCount != 0 {
		t.Error("attachments of another account are counted")
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }

func lastOf[A any](_ A, err error) error { return err }

func TestAttachments(t *testing.T) {
	w := newWorld(t)
	w.user(acc1, "Alice", readDocument)
	w.role(acc1, "Reader", trusting("acs:ram::"+acc1+":root"))
	const name = "Alice-user-a"
	attach := func(policyType, policyName string, e EntityType, entity string) error {
		return w.Attach(t.Context(), acc1, policyType, policyName, e, entity)
	}
	refused(t, attach(CustomPolicy, name, UserEntity, "alice"), AlreadyExists, "User.Policy", "")
	refused(t, attach(CustomPolicy, "none", UserEntity, "alice"), NotExist, "Policy", "")
	refused(t, attach(CustomPolicy, name, UserEntity, "nobody"), NotExist, "User", "")
	refused(t, attach(CustomPolicy, name, RoleEntity, "nobody"), NotExist, "Role", "")
	refused(t, attach("Managed", name, UserEntity, "alice"), InvalidFormat, "", "PolicyType")
	refused(t, attach(CustomPolicy, name, "Thing", "alice"), InvalidFormat, "", "EntityType")
	refused(t, w.Detach(t.Context(), acc1, SystemPolicy, "AdministratorAccess", UserEntity, "alice"), NotExist, "User.Policy", "")
	refused(t, w.Detach(t.Context(), acc1, CustomPolicy, name, RoleEntity, "reader"), NotExist, "Role.Policy", "")
	w.must(attach(CustomPolicy, strings.ToUpper(name), RoleEntity, "reader"))
	w.must(attach(SystemPolicy, "AliyunOSSFullAccess", RoleEntity, "reader"))
	refused(t, attach(CustomPolicy, name, RoleEntity, "reader"), AlreadyExists, "Role.Policy", "")

	of, err := w.PoliciesOf(t.Context(), acc1, RoleEntity, "READER")
	w.must(err)
	at := w.time().Truncate(time.Second)
	if want := []Attachment{
		{CustomPolicy, name, RoleEntity, "Reader", at}, {SystemPolicy, "AliyunOSSFullAccess", RoleEntity, "Reader", at},
	}; !slices.Equal(of, want) {
		t.Errorf("PoliciesOf gave %+v, want %+v", of, want)
	}
	to, err := w.EntitiesOf(t.Context(), acc1, CustomPolicy, strings.ToLower(name))
	w.must(err)
	if want := []Attachment{
		{CustomPolicy, name, UserEntity, "Alice", at}, {CustomPolicy, name, RoleEntity, "Reader", at},
	}; !slices.Equal(to, want) {
		t.Errorf("EntitiesOf gave %+v, want %+v", to, want)
	}
}

func TestLimits(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Limits = Limits{Users: 2, Roles: 1, Policies: 3, CustomPoliciesPerUser: 2, CustomPoliciesPerRole: 1, SystemPoliciesPerEntity: 1}
	})
	w.user(acc1, "alice", readDocument, readDocument)
	w.user(acc1, "bob")
	_, err := w.CreateUser(t.Context(), User{AccountID: acc1, Name: "carol"})
	refused(t, err, LimitExceeded, "User", "")
	if _, err := w.UpdateUser(t.Context(), acc1, "bob", UserUpdate{Name: ptr("carol")}); err != nil {
		t.Errorf("renaming in a full account: %v", err)
	}
	trust := trusting("acs:ram::" + acc1 + ":root")
	w.role(acc1, "reader", trust, readDocument)
	_, err = w.CreateRole(t.Context(), Role{AccountID: acc1, Name: "other", TrustPolicy: trust})
	refused(t, err, LimitExceeded, "Role", "")
	_, err = w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: "fourth", Document: readDocument})
	refused(t, err, LimitExceeded, "Policy", "")
	refused(t, w.Attach(t.Context(), acc1, CustomPolicy, "reader-role-a", UserEntity, "alice"), LimitExceeded, "User.Policy", "")
	refused(t, w.Attach(t.Context(), acc1, CustomPolicy, "alice-user-a", RoleEntity, "reader"), LimitExceeded, "Role.Policy", "")
	w.must(w.Attach(t.Context(), acc1, SystemPolicy, "AdministratorAccess", RoleEntity, "reader"))
	refused(t, w.Attach(t.Context(), acc1, SystemPolicy, "AliyunOSSFullAccess", RoleEntity, "reader"), LimitExceeded, "Role.Policy", "")
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"b", "B1", "a", "c", "a-"} {
		w.user(acc1, name)
		w.must(func() error {
			_, err := w.CreatePolicy(t.Context(), Policy{AccountID: acc1, Name: name, Document: readDocument})
			return err
		}())
	}
	var names []string
	page := Page{Limit: 2}
	for range 3 {
		users, next, err := w.Users(t.Context(), acc1, page)
		w.must(err)
		for _, u := range users {
			names = append(names, u.Name)
		}
		page.Marker = next
	}
	if got := strings.Join(names, " "); got != "a a- b B1 c" || page.Marker != "" {
		t.Errorf("pages hold %s, last marker %q", got, page.Marker)
	}
	for _, want := range []struct {
		policyType string
		names      string
	}{
		{"", "AdministratorAccess AliyunOSSFullAccess AliyunOSSReadOnlyAccess AliyunRAMFullAccess AliyunRAMReadOnlyAccess AliyunSTSAssumeRoleAccess a a- b B1 c"},
		{CustomPolicy, "a a- b B1 c"},
		{SystemPolicy, "AdministratorAccess AliyunOSSFullAccess AliyunOSSReadOnlyAccess AliyunRAMFullAccess AliyunRAMReadOnlyAccess AliyunSTSAssumeRoleAccess"},
	} {
		for limit := 1; limit <= 12; limit++ {
			names = nil
			page = Page{Limit: limit}
			for {
				policies, next, err := w.Policies(t.Context(), acc1, want.policyType, page)
				w.must(err)
				for _, p := range policies {
					names = append(names, p.Name)
				}
				if page.Marker = next; next == "" {
					break
				}
			}
			if got := strings.Join(names, " "); got != want.names {
				t.Errorf("policies of type %q by %d: %s", want.policyType, limit, got)
			}
		}
	}
	_, _, err := w.Users(t.Context(), acc1, Page{Marker: "?"})
	refused(t, err, InvalidFormat, "", "Marker")
	for _, limit := range []int{-1, 1001} {
		_, _, err = w.Roles(t.Context(), acc1, Page{Limit: limit})
		refused(t, err, InvalidFormat, "", "MaxItems")
	}
	_, _, err = w.Policies(t.Context(), acc1, "Managed", Page{})
	refused(t, err, InvalidFormat, "", "PolicyType")
}
