package policy

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// decisionCase is an entry of testdata/authorization-cases.json.
type decisionCase struct {
	ID       string
	Title    string
	Identity struct {
		Type        string
		AccountID   string `json:"account_id"`
		UserID      string `json:"user_id"`
		UserName    string `json:"user_name"`
		RoleID      string `json:"role_id"`
		RoleName    string `json:"role_name"`
		SessionName string `json:"session_name"`
	}
	IdentityPolicies []json.RawMessage `json:"identity_policies"`
	SessionPolicy    json.RawMessage   `json:"session_policy"`
	AccountBPA       bool              `json:"account_block_public_access"`
	Buckets          map[string]struct {
		Owner  string
		ACL    ACL
		Policy json.RawMessage
		BPA    bool `json:"block_public_access"`
	}
	Objects map[string]struct{ ACL ACL }
	Request struct {
		Checks  []struct{ Action, Resource string }
		Context map[string]string
	}
	Expect struct {
		Decision string
		Reason   Reason
	}
	Why string
}

func TestDecisionCases(t *testing.T) {
	raw, err := os.ReadFile("testdata/authorization-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []decisionCase }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 100 {
		t.Fatalf("only %d cases were read", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			// All checks must pass and the first denied one decides.
			var got Decision
			for i := range c.Request.Checks {
				if got = Decide(c.request(t, i)); !got.Allowed {
					break
				}
			}
			if got.Allowed != (c.Expect.Decision == "allow") || got.Reason != c.Expect.Reason {
				t.Errorf("%s\ngot  %s\nwant %s %s: %s", c.Title, got.Explain(), c.Expect.Decision, c.Expect.Reason, c.Why)
			}
		})
	}
}

// request builds the i-th check. The resource tells what the case does not say:
// operations on a key are data operations, the others management.
func (c *decisionCase) request(t *testing.T, i int) Request {
	check := c.Request.Checks[i]
	parts := strings.SplitN(check.Resource, ":", 5)
	owner, relative := parts[3], parts[4]
	name, _, isObject := strings.Cut(relative, "/")
	r := Request{
		Principal: c.principal(t),
		Action:    check.Action,
		Resource:  check.Resource,
		Owner:     owner,
		ObjectACL: c.Objects[relative].ACL,
		Context:   newValues(c.Request.Context),
	}
	if isObject {
		r.Class = Data
	}
	for _, text := range c.IdentityPolicies {
		r.Identity = append(r.Identity, Attached{Name: "attached", Type: "Custom", Document: mustParse(t, Identity, string(text))})
	}
	if given(c.SessionPolicy) {
		r.Session = mustParse(t, Session, string(c.SessionPolicy))
	}
	bucket := c.Buckets[name]
	r.BucketACL, r.BlockPublicAccess = bucket.ACL, c.AccountBPA || bucket.BPA
	if given(bucket.Policy) {
		r.BucketPolicy = mustParse(t, Bucket, string(bucket.Policy))
	}
	return r
}

func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func (c *decisionCase) principal(t *testing.T) Principal {
	id := c.Identity
	types := map[string]PrincipalType{"anonymous": Anonymous, "account": Account, "ram_user": User, "assumed_role": RoleSession}
	kind, ok := types[id.Type]
	if !ok {
		t.Fatalf("unknown identity type %q", id.Type)
	}
	return Principal{
		Type: kind, AccountID: id.AccountID, UserID: id.UserID, UserName: id.UserName,
		RoleID: id.RoleID, RoleName: id.RoleName, SessionName: id.SessionName,
	}
}

// values is a Context by its keys in the form that Context is asked for.
type values map[string]string

func newValues(named map[string]string) values {
	v := values{}
	for name, value := range named {
		v[ConditionKey(name)] = value
	}
	return v
}

func (v values) Value(key string) (string, bool) {
	value, ok := v[key]
	return value, ok
}

func mustParse(t testing.TB, kind Kind, text string) *Document {
	t.Helper()
	d, err := Parse(kind, text)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return d
}
