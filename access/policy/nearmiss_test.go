package policy

import (
	"fmt"
	"slices"
	"testing"
)

// A statement is near if one element alone keeps it from allowing.
func TestNearMisses(t *testing.T) {
	statement := func(action, resource, rest string) string {
		return fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q%s}]}`, action, resource, rest)
	}
	parse := func(kind Kind, text string) *Document {
		d, err := Parse(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const office = `,"Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}`
	identity := []Attached{
		{Name: "other-action", Type: "Custom", Document: parse(Identity, statement("oss:PutObject", "*", ""))},
		{Name: "other-key", Type: "Custom", Document: parse(Identity, statement("oss:Get*", "acs:oss:*:*:photos/b", ""))},
		{Name: "other-place", Type: "Custom", Document: parse(Identity, statement("oss:GetObject", "*", office))},
		{Name: "far", Type: "Custom", Document: parse(Identity, statement("oss:PutObject", "acs:oss:*:*:photos/b", ""))},
		{Name: "denies", Type: "Custom", Document: parse(Identity, `{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:PutObject","Resource":"*"}]}`)},
		{Name: "all-but", Type: "Custom", Document: parse(Identity, `{"Version":"1","Statement":[{"Effect":"Allow","NotAction":"oss:GetObject","Resource":"*"}]}`)},
	}
	bucket := parse(Bucket, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Principal":["2222222222222222"],"Resource":"acs:oss:*:*:photos/*"}]}`)
	r := Request{
		Principal: Principal{Type: User, AccountID: "1", UserID: "20", UserName: "a"}, Owner: "1", Class: Data,
		Action: "oss:GetObject", Resource: "acs:oss:*:1:photos/a", Identity: identity, BucketPolicy: bucket,
		Context: values{"acs:sourceip": "192.0.2.1"},
	}
	var got []string
	for _, n := range NearMisses(r) {
		got = append(got, fmt.Sprintf("%s: %s %s", n.Match, n.Element, n.Detail))
	}
	want := []string{
		`custom policy "other-action", Statement[0]: Action is for oss:PutObject`,
		`custom policy "other-key", Statement[0]: Resource is about acs:oss:*:*:photos/b`,
		`custom policy "other-place", Statement[0]: Condition wants acs:SourceIp IpAddress ["10.0.0.0/8"], and the request has "192.0.2.1"`,
		`custom policy "all-but", Statement[0]: Action is for all but oss:GetObject`,
		`bucket policy, Statement[0]: Principal names others`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if d := Decide(r); d.Allowed {
		t.Errorf("it is allowed: %+v", d)
	}
	// Nothing is near what is allowed by one element more, and lists are bounded.
	for range 20 {
		r.Identity = append(r.Identity, identity[0])
	}
	if n := len(NearMisses(r)); n != maxMatches {
		t.Errorf("%d near misses, want at most %d", n, maxMatches)
	}
}
