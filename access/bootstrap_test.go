package access

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func parseFile(t testing.TB, name string) Declaration {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	declared, err := ParseDeclaration(text)
	if err != nil {
		t.Fatal(err)
	}
	return declared
}

func actions(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

func TestApply(t *testing.T) {
	declared := parseFile(t, "testdata/declaration.yaml")
	want, err := os.ReadFile("testdata/declaration.changes")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t) // acc1 is there already; the declaration renames it
	changes, err := w.Apply(t.Context(), declared)
	w.must(err)
	if got := actions(changes); got != string(want) {
		t.Errorf("the first Apply reports\n%s, want\n%s", got, want)
	}
	again, err := w.Apply(t.Context(), declared)
	w.must(err)
	if len(again) != len(changes) {
		t.Errorf("the second Apply reports\n%s", actions(again))
	}
	for _, c := range again {
		if c.Action != Unchanged {
			t.Errorf("the second Apply: %s", c)
		}
	}

	alice := w.credential("alice-key", "")
	if alice.Secret != "alice-secret" || alice.Principal.UserName != "alice" {
		t.Errorf("alice's key stands for %+v", alice.Principal)
	}
	uploader, err := w.Role(t.Context(), acc1, "uploader")
	w.must(err)
	s := w.assume(alice, uploader, func(in *AssumeRole) { in.Duration = 2 * time.Hour })
	put := getObject("b/uploads/k")
	put.Action = "oss:PutObject"
	if d, err := w.Authorize(t.Context(), w.credential(s.AccessKeyID, s.SecurityToken), put); err != nil || !d.Allowed {
		t.Errorf("uploading: %+v, %v", d, err)
	}
	if c := w.credential("second-key", ""); c.Principal.AccountID != acc2 {
		t.Errorf("the second account's key is of %s", c.Principal.AccountID)
	}
	if b := declared.Accounts[0].Buckets; len(b) != 1 || b[0] != (BucketDeclaration{"examplebucket", "public-read"}) {
		t.Errorf("buckets are %+v", b)
	}
}

// Processes that start together apply the same: each thing is made by one of them.
func TestApplyAtOnce(t *testing.T) {
	declared := parseFile(t, "testdata/declaration.yaml")
	for range 20 {
		rows := newRows()
		var mu sync.Mutex
		made := map[Change]int{}
		var applying sync.WaitGroup
		for range 3 {
			d, err := Open(t.Context(), Config{Rows: rows, MasterKey: masterKey})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			applying.Go(func() {
				changes, err := d.Apply(t.Context(), declared)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, c := range changes {
					n := 0
					if c.Action == Created {
						n = 1
					}
					c.Action = ""
					made[c] += n
				}
			})
		}
		applying.Wait()
		for c, n := range made {
			if n != 1 {
				t.Errorf("%s was made %d times", c, n)
			}
		}
		if t.Failed() || len(made) == 0 {
			t.Fatalf("%d things were made", len(made))
		}
	}
}

func TestApplyUpdates(t *testing.T) {
	declared := parseFile(t, "testdata/declaration.yaml")
	w := newWorld(t)
	w.must(lastOf(w.Apply(t.Context(), declared)))
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", "alice-key", false))
	a := &declared.Accounts[0]
	a.Users[0].AccessKeys[0].Secret = "changed"
	a.Users[0].Policies = nil
	a.Policies[0].Document = readDocument
	a.Roles[0].MaxSessionDuration = 3600
	a.Roles[1].TrustAccounts = []string{acc1}
	changes, err := w.Apply(t.Context(), declared)
	w.must(err)
	var updated []string
	for _, c := range changes {
		if c.Action == Updated {
			updated = append(updated, c.Entity+" "+c.Name)
		} else if c.Action != Unchanged {
			t.Errorf("unexpected: %s", c)
		}
	}
	if got := strings.Join(updated, ", "); got != "policy uploads, accessKey alice-key, role uploader, role partner" {
		t.Errorf("updated %s", got)
	}
	_, err = w.Credential(t.Context(), "alice-key", "")
	wantErr(t, err, ErrKeyInactive) // stays disabled
	w.must(w.SetAccessKeyActive(t.Context(), acc1, "alice", "alice-key", true))
	if c := w.credential("alice-key", ""); c.Secret != "changed" {
		t.Error("the old secret still counts")
	}
	if of, err := w.PoliciesOf(t.Context(), acc1, UserEntity, "alice"); err != nil || len(of) == 0 {
		t.Errorf("what is no longer declared was detached: %v, %v", of, err)
	}
}

// TestDeclarationHasNoAliases: a few bytes of them would fill the memory.
func TestDeclarationHasNoAliases(t *testing.T) {
	text := "accounts:\n- id: '" + acc1 + "'\n  policies:\n  - {name: a, document: &a {k: &b bbbb, l: *b}}\n  - {name: b, document: *a}\n"
	_, err := ParseDeclaration([]byte(text))
	if err == nil || !strings.Contains(err.Error(), "alias in line") {
		t.Errorf("got %v, want a refusal of aliases", err)
	}
}

func TestApplyRefuses(t *testing.T) {
	const account = "accounts: [{id: '" + acc2 + "', "
	for text, says := range map[string]string{
		"accounts: [{id: '12'}]":                                                                 "16 digits",
		account + "accessKeyId: a, accessKeySecret: 'the secret'}]":                              "AccessKeySecret",
		account + "accessKeyId: a}]":                                                             "AccessKeySecret",
		account + "users: [{name: a, policies: [Nothing]}]}]":                                    "Nothing",
		account + "groups: [{name: g, users: [zoe]}]}]":                                          "user zoe",
		account + "groups: [{name: g, policies: [Nowhere]}]}]":                                   "Nowhere",
		account + "users: [{name: a, accessKeys: [{id: taken, secret: s}]}]}]":                   "choose another id",
		account + "roles: [{name: r}]}]":                                                         "either trust or trustAccounts",
		account + "roles: [{name: r, trustAccounts: ['1']}]}]":                                   "16 digits",
		account + "roles: [{name: r, trust: '{'}]}]":                                             "role r",
		account + "roles: [{name: r, trustAccounts: ['" + acc1 + "'], maxSessionDuration: 1}]}]": "MaxSessionDuration",
		account + "policies: [{name: p, document: {Version: '1'}}]}]":                            "policy p",
	} {
		t.Run(says, func(t *testing.T) {
			w := newWorld(t)
			w.user(acc1, "holder")
			w.must(lastOf(w.ensureKey(t.Context(), acc1, "holder", AccessKey{ID: "taken", Secret: "s"})))
			declared, err := ParseDeclaration([]byte(text))
			w.must(err)
			_, err = w.Apply(t.Context(), declared)
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s\ngave %v, want an error that says %q", text, err, says)
			}
			if err != nil && strings.Contains(err.Error(), "the secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestParseDeclarationRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                                "empty",
		"accounts: [{id: '1', user: []}]": "user not found",
		"accounts: []\nother: 1":          "other not found",
		"accounts: []\n---\naccounts: []": "more than one",
		"accounts: {":                     "cannot be read",
		"accounts: [{policies: [{document: [1]}]}]":         "string or an object",
		strings.Repeat(" ", maxDeclaration+1):               "more than",
		"accounts: [{policies: [{document: {1: {2: 3}}}]}]": "",
	} {
		if _, err := ParseDeclaration([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q gave %v, want an error that says %q", text, err, says)
		}
	}
}

func TestParseDeclarationShowsNoSecret(t *testing.T) {
	_, err := ParseDeclaration([]byte("accounts:\n- id: '1'\n  users:\n  - accessKeys: hunter`2\n  - accessKeys: [hunter3]"))
	if err == nil || strings.Contains(err.Error(), "hunter") || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("the error is %v", err)
	}
}

func TestParseDeclarationTakesJSON(t *testing.T) {
	declared, err := ParseDeclaration([]byte(`{"accounts":[{"id":1111111111111111,"roles":[{"name":"r","trust":{"Version":"1"},"maxSessionDuration":7200}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a := declared.Accounts[0]
	if a.ID != acc1 || a.Roles[0].Trust != `{"Version":"1"}` || a.Roles[0].MaxSessionDuration != 7200 {
		t.Errorf("parsed as %+v", declared)
	}
}
