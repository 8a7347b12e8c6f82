package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// denial is a request of alice's on her own account's bucket.
func denial(t *testing.T, identity, session, bucket string) Request {
	r := Request{
		Principal: alice, Owner: ours, Class: Data,
		Action: "oss:GetObject", Resource: "acs:oss:r:" + ours + ":b/k",
		Context: values{"acs:sourceip": "192.0.2.1", "oss:existingobjecttag/Secret": "plan", "sts:externalid": "agreed"},
	}
	document := func(kind Kind, statements string) *Document {
		if statements == "" {
			return nil
		}
		return mustParse(t, kind, `{"Version":"1","Statement":[`+statements+`]}`)
	}
	if identity != "" {
		r.Identity = []Attached{{Name: "p", Type: "Custom", Version: "v3", To: "Group", Document: document(Identity, identity)}}
	}
	r.Session, r.BucketPolicy = document(Session, session), document(Bucket, bucket)
	return r
}

func spellDiagnosis(d Diagnosis) (lines []string) {
	lines = append(lines, d.Decision.Explain())
	for _, m := range d.Matches {
		lines = append(lines, fmt.Sprintf("%s of %q, to %q", m.Match, m.Version, m.To))
	}
	for _, c := range d.Conditions {
		lines = append(lines, fmt.Sprintf("%s=%q %t", c.Key, c.Value, c.Present))
	}
	for _, n := range d.Near {
		lines = append(lines, n.String())
	}
	return lines
}

func TestDiagnose(t *testing.T) {
	const (
		deny     = `{"Sid":"no","Effect":"Deny","Action":"oss:*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"192.0.2.0/24"},"StringNotEquals":{"acs:SourceVpc":"vpc-1"}}}`
		office   = `{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}`
		untagged = `{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"StringEquals":{"oss:ExistingObjectTag/Secret":"no"}}}`
		agreed   = `{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"StringEquals":{"sts:ExternalId":"other"}}}`
		everyone = `{"Effect":"Deny","Principal":["*"],"Action":"oss:*","Resource":"acs:oss:*:` + ours + `:b/*","Condition":{"StringEquals":{"oss:ExistingObjectTag/Secret":"plan"}}}`
		tagged   = `{"Effect":"Deny","Action":"oss:*","Resource":"*","Condition":{"StringEquals":{"oss:ExistingObjectTag/Secret":"plan"}}}`
	)
	const what, hidden = "oss:GetObject on acs:oss:r:" + ours + ":b/k is denied", "oss:GetObject on acs:oss:r:*:b/k is denied"
	for name, c := range map[string]struct {
		identity, session, bucket string
		foreign                   bool
		want                      []string
	}{
		"nothing": {want: []string{what + ": no policy allows it, and neither does the ACL of the object or bucket."}},
		"denied": {identity: deny + "," + office, want: []string{
			what + ` by custom policy "p", Statement[0] (Sid "no").`,
			`custom policy "p", Statement[0] (Sid "no") of "v3", to "Group"`,
			`acs:SourceIp="192.0.2.1" true`, `acs:SourceVpc="" false`,
		}},
		"nearly": {identity: office + "," + untagged, want: []string{
			what + ": no policy allows it, and neither does the ACL of the object or bucket.",
			`acs:SourceIp="192.0.2.1" true`, `oss:ExistingObjectTag/Secret="plan" true`,
			`custom policy "p", Statement[0] would allow it, but its Condition wants acs:SourceIp IpAddress ["10.0.0.0/8"], and the request has "192.0.2.1".`,
			`custom policy "p", Statement[1] would allow it, but its Condition wants oss:ExistingObjectTag/Secret StringEquals ["no"], and the request has "plan".`,
		}},
		"agreed upon": {identity: agreed, want: []string{
			what + ": no policy allows it, and neither does the ACL of the object or bucket.",
			`custom policy "p", Statement[0] would allow it, but its Condition wants sts:ExternalId StringEquals ["other"], and what the request has is not told.`,
		}},
		// Only the session policy could have changed this.
		"session": {identity: office, session: office, want: []string{
			what + ": no statement of the session policy allows it.", `acs:SourceIp="192.0.2.1" true`,
			`session policy, Statement[0] would allow it, but its Condition wants acs:SourceIp IpAddress ["10.0.0.0/8"], and the request has "192.0.2.1".`,
		}},
		"bucket policy": {bucket: everyone, want: []string{
			what + " by bucket policy, Statement[0].", `bucket policy, Statement[0] of "", to ""`, `oss:ExistingObjectTag/Secret="plan" true`,
		}},
		// Of what is another account's, nothing is told: no policy, tag or owner.
		"foreign bucket policy": {bucket: everyone, foreign: true, want: []string{hidden + " by bucket policy."}},
		"foreign, both": {identity: tagged, bucket: everyone, foreign: true, want: []string{
			hidden + ` by custom policy "p", Statement[0].`, `custom policy "p", Statement[0] of "v3", to "Group"`,
		}},
		"foreign session": {session: untagged, foreign: true, want: []string{
			hidden + ": no statement of the session policy allows it.",
			`session policy, Statement[0] would allow it, but its Condition wants oss:ExistingObjectTag/Secret StringEquals ["no"], and what the request has is not told.`,
		}},
		"foreign, no grant": {identity: office, bucket: strings.NewReplacer("Deny", "Allow", `"plan"`, `"x"`).Replace(everyone), foreign: true, want: []string{
			hidden + ": no policy allows it, and neither does the ACL of the object or bucket.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := denial(t, c.identity, c.session, c.bucket)
			if c.foreign {
				r.Principal.AccountID = "3333333333333333"
			}
			d := Decide(r)
			if d.Allowed {
				t.Fatalf("decided %+v", d)
			}
			if got := spellDiagnosis(d.Of(r).Diagnose(r.Principal)); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A decision alone has its statements, those of another's trust policy excepted.
func TestDiagnoseWithoutRequest(t *testing.T) {
	doc := mustParse(t, Trust, strings.Replace(trustOf(`"acs:ram::`+ours+`:root"`), "Allow", "Deny", 1))
	d := DecideTrust(doc, alice, nil)
	for owner, want := range map[string]int{ours: 1, "3333333333333333": 0, "": 0} {
		d.Owner = owner
		if got := d.Diagnose(alice); len(got.Matches) != want || len(got.Decision.Matches) != want {
			t.Errorf("role of %q: %+v", owner, got)
		}
	}
}

// Whatever a request or a policy has, a diagnosis is bounded.
func TestDiagnosisIsBounded(t *testing.T) {
	var statements []string
	for i := range 60 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"StringEquals":{"acs:a%d":"x","acs:b%d":"x","acs:c%d":"x"}}}`, i, i, i))
	}
	r := denial(t, strings.Join(statements, ","), "", "")
	r.Context = everyKey(strings.Repeat("é", 100_000))
	got := Decide(r).Of(r).Diagnose(r.Principal)
	if len(got.Near) != maxMatches || len(got.Conditions) != maxConditionValues {
		t.Errorf("%d near, %d conditions", len(got.Near), len(got.Conditions))
	}
	for _, c := range got.Conditions {
		if len(c.Value) > maxShownValue+len("…") || !strings.HasSuffix(c.Value, "é…") {
			t.Errorf("%d bytes: %q", len(c.Value), c.Value)
		}
	}
	for _, n := range got.Near {
		if len(n.Detail) > 1000 {
			t.Errorf("%d bytes: %s", len(n.Detail), n.Detail)
		}
	}
}

type everyKey string

func (k everyKey) Value(string) (string, bool) { return string(k), true }

func BenchmarkDiagnose(b *testing.B) {
	r := twentyStatements(b)
	r.Action, r.Resource = "oss:GetObjectVersion", "acs:oss:oss-cn-hangzhou:1111111111111111:other/2026/06/01/a-rather-long-name.jpg"
	d := Decide(r).Of(r)
	b.ReportAllocs()
	for b.Loop() {
		d.Diagnose(r.Principal)
	}
}
