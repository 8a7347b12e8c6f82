package policy

import (
	"fmt"
	"strings"
	"testing"
)

// twentyStatements is a request whose last statement allows, with four
// conditions on the way.
func twentyStatements(t testing.TB) Request {
	var list []string
	for i := range 20 {
		action := []string{`"oss:GetObject"`, `["oss:PutObject","oss:DeleteObject"]`, `"oss:Get*"`, `"ram:*"`}[i%4]
		condition := ""
		if i%5 == 0 {
			condition = `,"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.168.0.0/16"]}}`
		}
		bucket := fmt.Sprintf("bucket-%d", i)
		if i%5 == 0 || i == 18 {
			bucket = "photos"
		}
		list = append(list, fmt.Sprintf(`{"Effect":"Allow","Action":%s,"Resource":["acs:oss:*:*:%s","acs:oss:*:*:%s/*"]%s}`, action, bucket, bucket, condition))
	}
	doc := mustParse(t, Identity, `{"Version":"1","Statement":[`+strings.Join(list, ",")+`]}`)
	return Request{
		Principal: Principal{Type: User, AccountID: "1111111111111111", UserID: "201111111111111111", UserName: "alice"},
		Action:    "oss:GetObject",
		Resource:  "acs:oss:oss-cn-hangzhou:1111111111111111:photos/2026/06/01/a-rather-long-name.jpg",
		Class:     Data,
		Owner:     "1111111111111111",
		Identity:  []Attached{{Name: "twenty", Type: "Custom", Document: doc}},
		Context:   values{"acs:sourceip": "203.0.113.9"},
	}
}

func BenchmarkDecide(b *testing.B) {
	policyAllows := twentyStatements(b)
	aclAllows := policyAllows
	aclAllows.Action, aclAllows.ObjectACL = "oss:GetObjectVersion", PublicRead
	aclAllows.Resource = "acs:oss:oss-cn-hangzhou:1111111111111111:other/2026/06/01/a-rather-long-name.jpg"
	nothing := aclAllows
	nothing.ObjectACL = Private
	owner := nothing
	owner.Principal = Principal{Type: Account, AccountID: owner.Owner}
	for _, c := range []struct {
		name    string
		request Request
		reason  Reason
	}{
		{"20 statements, policy allows", policyAllows, ByIdentityAllow},
		{"20 statements, ACL allows", aclAllows, ByObjectACL},
		{"20 statements, nothing allows", nothing, NoAllowACL},
		{"owner", owner, ByOwner},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var d Decision
			for b.Loop() {
				d = Decide(c.request)
			}
			if d.Reason != c.reason {
				b.Fatal(d.Explain())
			}
		})
	}
}

// TestDecideAllocates holds the budget: a decision makes no garbage but its
// Matches.
func TestDecideAllocates(t *testing.T) {
	r := twentyStatements(t)
	if n := testing.AllocsPerRun(100, func() { Decide(r) }); n > 1 {
		t.Errorf("an allowed request allocates %v times, want once, for its matches", n)
	}
	r.Action = "oss:PutObjectAcl"
	if n := testing.AllocsPerRun(100, func() { Decide(r) }); n > 0 {
		t.Errorf("a request that nothing matches allocates %v times, want none", n)
	}
}

func BenchmarkParse(b *testing.B) {
	text := twentyStatements(b).Identity[0].Document.Text()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(Identity, text); err != nil {
			b.Fatal(err)
		}
	}
}
