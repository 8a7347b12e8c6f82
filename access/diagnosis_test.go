package access

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"ossd/access/policy"
)

const officeDocument = `{"Version":"1","Statement":[{"Sid":"office","Effect":"Allow","Action":"oss:Get*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}]}`

type given map[string]string

func (g given) Value(key string) (string, bool) { v, ok := g[key]; return v, ok }

// denied is what Authorize says to who holds c, who must not be allowed.
func (w *world) denied(c *Credential, k Check) Denial {
	w.t.Helper()
	d, err := w.Authorize(w.ctx(), c, k)
	w.must(err)
	if d.Allowed {
		w.t.Fatalf("allowed: %s", d.Explain())
	}
	n := Denial{Time: w.time(), RequestID: "5C3D9175B6FC201293AD4890", Decision: d}
	if c != nil {
		n.Principal = c.Principal
	}
	return n
}

func (w *world) message(c *Credential, k Check) string {
	w.t.Helper()
	text := w.DiagnosticMessage(w.denied(c, k))
	if len(text) != messageSize || !strings.HasPrefix(text, "AQIB") {
		w.t.Fatalf("a message of %d characters: %q", len(text), text)
	}
	return text
}

func TestDiagnosticMessage(t *testing.T) {
	w := newWorld(t)
	alice, key := w.user(acc1, "alice", officeDocument)
	k := getObject("b/k")
	k.Context = given{"acs:sourceip": "192.0.2.1"}
	got, err := w.ReadDiagnosticMessage(t.Context(), acc1, w.message(w.credential(key.ID, ""), k))
	w.must(err)
	want := Diagnosis{Time: w.time(), RequestID: "5C3D9175B6FC201293AD4890", AccountID: acc1, PrincipalType: "SubUser", DisplayName: alice.ID}
	want.Decision = policy.Decision{Reason: policy.NoAllowACL, Action: k.Action, Resource: k.Resource}
	want.Conditions = []policy.ConditionValue{{Key: "acs:SourceIp", Value: "192.0.2.1", Present: true}}
	want.Near = []policy.NearMiss{{
		Match:   policy.Match{Policy: "alice-user-a", Type: "Custom", Sid: "office", Effect: "Allow"},
		Element: "Condition", Detail: `wants acs:SourceIp IpAddress ["10.0.0.0/8"], and the request has "192.0.2.1"`,
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A statement that denies comes with its policy's version and whom it is attached to.
func TestDiagnosticMessageOfADeny(t *testing.T) {
	w := newWorld(t)
	deny := strings.Replace(uploadDocument, "Allow", "Deny", 1)
	_, key := w.user(acc1, "alice")
	w.must(lastOf(w.CreateGroup(t.Context(), Group{AccountID: acc1, Name: "crew"})))
	w.must(w.AddUserToGroup(t.Context(), acc1, "alice", "crew"))
	w.allow(acc1, GroupEntity, "crew", readDocument)
	w.must(lastOf(w.CreatePolicyVersion(t.Context(), acc1, "crew-group-a", NewPolicyVersion{Document: deny, Default: true})))
	got, err := w.ReadDiagnosticMessage(t.Context(), acc1, w.message(w.credential(key.ID, ""), getObject("b/uploads/u123/k")))
	w.must(err)
	match := policy.Match{Policy: "crew-group-a", Type: "Custom", Effect: "Deny"}
	if want := []policy.Matched{{Match: match, Version: "v2", To: "Group"}}; !reflect.DeepEqual(got.Matches, want) || !reflect.DeepEqual(got.Decision.Matches, []policy.Match{match}) {
		t.Errorf("%+v", got)
	}
	if got.Decision.NoPermissionType() != "ExplicitDeny" || len(got.Near) > 0 {
		t.Errorf("%+v", got)
	}
}

// Sessions have messages, for the account of their role; who has no policies has none.
func TestWhoHasADiagnosticMessage(t *testing.T) {
	w, alice, reader := withRole(t)
	s := w.assume(w.credential(alice.ID, ""), reader, func(in *AssumeRole) { in.Policy = uploadDocument })
	got, err := w.ReadDiagnosticMessage(t.Context(), acc1, w.message(w.credential(s.AccessKeyID, s.SecurityToken), getObject("b/k")))
	w.must(err)
	if got.PrincipalType != "AssumedRoleUser" || got.DisplayName != "reader:session" || got.Decision.PolicyType() != "SessionPolicy" || len(got.Near) != 1 || got.Near[0].Element != "Resource" {
		t.Errorf("%+v", got)
	}
	foreign := getObject("b/k")
	foreign.Owner = acc2
	for _, n := range []Denial{w.denied(nil, getObject("b/k")), w.denied(w.credential(w.root.ID, ""), foreign)} {
		if text := w.DiagnosticMessage(n); text != "" {
			t.Errorf("%s has a message: %q", n.Principal.ARN(), text)
		}
	}
}

func TestForgedDiagnosticMessages(t *testing.T) {
	w, alice, reader := withRole(t)
	c := w.credential(alice.ID, "")
	text := w.message(c, getObject("b/k"))
	raw, err := base64.StdEncoding.DecodeString(text)
	w.must(err)
	for i := range len(raw) * 8 {
		changed := append([]byte(nil), raw...)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := w.ReadDiagnosticMessage(t.Context(), acc1, base64.StdEncoding.EncodeToString(changed)); err != ErrMessageUnknown && err != ErrMessageExpired {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
	other := newWorld(t)
	token := w.assume(c, reader).SecurityToken
	member := w.ring.Load().keys[1]
	for name, forged := range map[string]string{
		"empty":           "",
		"cut":             text[:len(text)-4],
		"longer":          text + "AAAA",
		"line break":      text[:messageSize-1] + "\n",
		"a token":         token,
		"no base64":       strings.Repeat("-", messageSize),
		"nothing but As":  strings.Repeat("A", messageSize),
		"of the token's":  sealedBy(t, member.tokens.Seal, w.ring.Load()),
		"of the rows'":    sealedBy(t, member.rows.Seal, w.ring.Load()),
		"another store's": "",
	} {
		if name == "another store's" {
			_, err = other.ReadDiagnosticMessage(t.Context(), acc1, text)
		} else {
			_, err = w.ReadDiagnosticMessage(t.Context(), acc1, forged)
		}
		if err != ErrMessageUnknown {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.ReadDiagnosticMessage(t.Context(), acc2, text)
	wantErr(t, err, ErrMessageUnknown)
	_, err = w.Credential(t.Context(), "STS.whatever", text)
	wantErr(t, err, ErrTokenInvalid)
	w.must(lastOf(w.ReadDiagnosticMessage(t.Context(), acc1, text)))
}

// sealedBy makes a message of what another purpose's key sealed.
func sealedBy(t *testing.T, seal func(dst, nonce, plaintext, aad []byte) []byte, r *ring) string {
	t.Helper()
	raw := make([]byte, messageSealedAt)
	copy(raw, messageHeader)
	raw[len(messageHeader)+1] = byte(r.current)
	sealed := seal(nil, raw[messageNonceAt:], (&Diagnosis{}).encode(), messageAAD(raw, acc1))
	return base64.StdEncoding.EncodeToString(append(raw, sealed...))
}

// Old keys open old messages, until they are dropped.
func TestDiagnosticMessagesAcrossRotations(t *testing.T) {
	w, alice, _ := withRole(t)
	c := w.credential(alice.ID, "")
	old := w.message(c, getObject("b/old"))
	w.rotate()
	for key, text := range map[string]string{"b/old": old, "b/new": w.message(c, getObject("b/new"))} {
		got, err := w.ReadDiagnosticMessage(t.Context(), acc1, text)
		w.must(err)
		if !strings.HasSuffix(got.Decision.Resource, key) {
			t.Errorf("%+v, want %s", got, key)
		}
	}
	w.sleep(2 * retirement)
	w.rotate()
	_, err := w.ReadDiagnosticMessage(t.Context(), acc1, old)
	wantErr(t, err, ErrMessageExpired)
}

// Nothing in a message can be read, and all are of one length: how much there is
// to tell, and whether the object is there, does not show.
func TestDiagnosticMessagesTellNothing(t *testing.T) {
	w := newWorld(t)
	var statements []string
	for i := range 30 {
		statements = append(statements, fmt.Sprintf(`{"Sid":"%s","Effect":"Allow","Action":"oss:Get*","Resource":"*","Condition":{"StringEquals":{"acs:k%d":"x"}}}`, strings.Repeat("s", 50), i))
	}
	_, bob := w.user(acc1, "bob")
	_, alice := w.user(acc1, "alice", `{"Version":"1","Statement":[`+strings.Join(statements, ",")+`]}`)
	long := getObject("b/" + strings.Repeat("知", 341))
	long.Context = given{"acs:k0": strings.Repeat("v", 10_000), "acs:k7": "short"}
	for name, k := range map[string]Check{"plain": getObject("b/k"), "long": long} {
		for _, key := range []AccessKey{bob, alice} {
			text := w.message(w.credential(key.ID, ""), k)
			raw, err := base64.StdEncoding.DecodeString(text)
			w.must(err)
			for _, secret := range []string{acc1, key.UserName, "GetObject", "b/k", "ssss", "short", "vvvv"} {
				if strings.Contains(string(raw), secret) || strings.Contains(text, secret) {
					t.Errorf("%s: %q can be read", name, secret)
				}
			}
			got, err := w.ReadDiagnosticMessage(t.Context(), acc1, text)
			w.must(err)
			if got.Truncated != (key.ID == alice.ID) {
				t.Errorf("%s: truncated is %t: %+v", name, got.Truncated, got)
			}
			if name == "long" && (len(got.Decision.Resource) > maxDiagnosedResource || !strings.HasSuffix(got.Decision.Resource, "知…")) {
				t.Errorf("%q", got.Decision.Resource)
			}
			if name == "long" && got.Truncated && (len(got.Conditions) == 0 || len(got.Conditions[0].Value) > 200) {
				t.Errorf("%+v", got.Conditions)
			}
		}
	}
	first, second := w.message(w.credential(bob.ID, ""), long), w.message(w.credential(bob.ID, ""), long)
	if first[30:60] == second[30:60] {
		t.Error("two messages are alike")
	}
}

// The longest of everything that always goes into a message fits.
func TestLongestDiagnosis(t *testing.T) {
	huge := strings.Repeat("x", 2000)
	n := Diagnosis{Time: newWorld(t).time(), RequestID: huge, PrincipalType: "AssumedRoleUser", DisplayName: huge}
	n.Decision = policy.Decision{Reason: policy.BucketPolicyDeny, Action: huge, Resource: huge}
	var got Diagnosis
	if p := n.encode(); len(p) != messagePayload || !got.decode(p) || len(got.Decision.Resource) != maxDiagnosedResource || got.Truncated {
		t.Errorf("%d bytes: %+v", len(p), got)
	}
}

// No payload makes the program fail, and what a newer one wrote is passed over.
func FuzzDiagnosis(f *testing.F) {
	n := Diagnosis{RequestID: "r"}
	n.Matches = []policy.Matched{{Match: policy.Match{Policy: "p"}}}
	n.Conditions = []policy.ConditionValue{{Key: "k"}}
	n.Near = []policy.NearMiss{{Element: "Action"}}
	f.Add(n.encode())
	f.Add(append(appendBytes(nil, 90, []byte("new")), n.encode()...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		var got Diagnosis
		if got.decode(p) && len(got.Decision.Matches) != len(got.Matches) {
			t.Errorf("%+v", got)
		}
	})
}

// A refusal stays one without randomness.
func TestDiagnosticMessageWithoutRandomness(t *testing.T) {
	w, alice, _ := withRole(t)
	n := w.denied(w.credential(alice.ID, ""), getObject("b/k"))
	w.ring.Load().random = strings.NewReader("")
	if text := w.DiagnosticMessage(n); text != "" {
		t.Errorf("%q", text)
	}
}

func BenchmarkDiagnosticMessage(b *testing.B) {
	w := newWorld(b)
	_, key := w.user(acc1, "alice", officeDocument, uploadDocument, allowAssume)
	n := w.denied(w.credential(key.ID, ""), getObject("b/k"))
	b.ReportAllocs()
	for b.Loop() {
		w.DiagnosticMessage(n)
	}
}
