package oss_test

import (
	"io"
	"net/http"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

const aroundDeny = `
accounts:
- id: "1234567890123456"
  users:
  - {name: reader, accessKeys: [{id: LTAItranscriptReader001, secret: readerSecret00000000000000001}], policies: [maker]}
  - {name: nobody, accessKeys: [{id: LTAItranscriptNobody001, secret: nobodySecret00000000000000001}], policies: [guarded]}
  policies:
  - name: maker
    document:
      Version: "1"
      Statement:
      - {Effect: Allow, Action: "oss:PutBucket", Resource: "*"}
      - {Effect: Deny, Action: "oss:PutBucketAcl", Resource: "*"}
  - name: guarded
    document:
      Version: "1"
      Statement:
      - {Effect: Allow, Action: "oss:*", Resource: "*"}
      - {Effect: Deny, Action: ["oss:GetObject", "oss:DeleteObject"], Resource: "acs:oss:*:*:demo/secret*"}
      - {Effect: Deny, Action: "oss:List*", Resource: "*", Condition: {StringLike: {"oss:Prefix": ["", "secret*"]}}}
      - {Effect: Deny, Action: ["oss:PutObject"], Resource: "*", Condition: {StringEquals: {"oss:RequestObjectTag/class": "secret"}}}
`

// step is one request and the status that it must have.
type step struct {
	as, method, target, body string
	header                   http.Header
	want                     int
}

func walk(t *testing.T, s *ossdtest.Server, steps []step) {
	t.Helper()
	for _, one := range steps {
		response := send(t, s, request{
			method: one.method, target: one.target, as: one.as, scheme: signature.V4Header, body: one.body, header: one.header,
		})
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != one.want {
			t.Errorf("%s %s as %s: %d, want %d: %s", one.method, one.target, one.as, response.StatusCode, one.want, body)
		}
	}
}

func acl(value string) http.Header { return http.Header{"X-Oss-Acl": {value}} }

// TestPutBucketAgain: making a bucket that is there already changes its ACL, and
// is asked for as such.
func TestPutBucketAgain(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: aroundDeny})
	walk(t, s, []step{
		{as: "root", method: "PUT", target: "/demo", want: 200},
		{as: "root", method: "PUT", target: "/demo/secret", body: "hello", want: 200},
		{as: "reader", method: "PUT", target: "/demo?acl", header: acl("public-read"), want: 403},
		{as: "reader", method: "PUT", target: "/demo", header: acl("public-read-write"), want: 403},
		{as: "anonymous", method: "GET", target: "/demo/secret", want: 403},
		{as: "reader", method: "PUT", target: "/demo", want: 200},
		{as: "reader", method: "PUT", target: "/another", header: acl("public-read"), want: 200}, // making is not changing

		{as: "root", method: "PUT", target: "/demo?publicAccessBlock", want: 200,
			body: `<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>`},
		{as: "root", method: "PUT", target: "/demo?acl", header: acl("public-read"), want: 403},
		{as: "root", method: "PUT", target: "/demo", header: acl("public-read"), want: 403},
		{as: "root", method: "DELETE", target: "/demo?publicAccessBlock", want: 204},
		{as: "anonymous", method: "GET", target: "/demo/secret", want: 403},

		{as: "root", method: "PUT", target: "/demo?policy", want: 200,
			body: `{"Version":"1","Statement":[{"Effect":"Deny","Action":["oss:PutBucketAcl","oss:PutBucket"],"Principal":["*"],"Resource":["acs:oss:*:*:demo"],"Condition":{"Bool":{"acs:SecureTransport":"false"}}}]}`},
		{as: "reader", method: "PUT", target: "/demo", want: 403},
		{as: "nobody", method: "PUT", target: "/demo?acl", header: acl("public-read"), want: 403},
		{as: "anonymous", method: "GET", target: "/demo/secret", want: 403},
	})
}

// TestDenyHoldsForVersions: naming the version does not lead around a Deny.
func TestDenyHoldsForVersions(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: aroundDeny})
	walk(t, s, []step{
		{as: "root", method: "PUT", target: "/demo", want: 200},
		{as: "root", method: "PUT", target: "/demo/secret", body: "hello", want: 200},
		{as: "root", method: "PUT", target: "/demo/open", body: "hello", want: 200},
		{as: "nobody", method: "GET", target: "/demo/open?versionId=null", want: 200},
		{as: "nobody", method: "GET", target: "/demo/secret", want: 403},
		{as: "nobody", method: "GET", target: "/demo/secret?versionId=null", want: 403},
		{as: "nobody", method: "DELETE", target: "/demo/secret?versionId=null", want: 403},
		{as: "nobody", method: "POST", target: "/demo?delete", want: 403,
			body: `<Delete><Object><Key>secret</Key><VersionId>null</VersionId></Object></Delete>`},
		{as: "nobody", method: "PUT", target: "/demo/copy", want: 403,
			header: http.Header{"X-Oss-Copy-Source": {"/demo/secret?versionId=null"}}},
		{as: "root", method: "GET", target: "/demo/secret", want: 200},
	})
}

// TestDenyHoldsForAllListings: prefixes are known wherever keys are listed by them.
func TestDenyHoldsForAllListings(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: aroundDeny})
	walk(t, s, []step{
		{as: "root", method: "PUT", target: "/demo", want: 200},
		{as: "nobody", method: "GET", target: "/demo?prefix=open", want: 200},
		{as: "nobody", method: "GET", target: "/demo?versions&prefix=open", want: 200},
		{as: "nobody", method: "GET", target: "/demo?uploads&prefix=open", want: 200},
		{as: "nobody", method: "GET", target: "/demo?prefix=secret", want: 403},
		{as: "nobody", method: "GET", target: "/demo?versions&prefix=secret", want: 403},
		{as: "nobody", method: "GET", target: "/demo?versions", want: 403},
		{as: "nobody", method: "GET", target: "/demo?uploads&prefix=secret", want: 403},
	})
}

// TestCopiedTagsAreTheRequests: a copy sets the tags that it takes along.
func TestCopiedTagsAreTheRequests(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: aroundDeny})
	tagged := http.Header{"X-Oss-Tagging": {"class=secret"}}
	copied := http.Header{"X-Oss-Copy-Source": {"/demo/tagged"}}
	without := copied.Clone()
	without.Set("X-Oss-Tagging-Directive", "REPLACE")
	walk(t, s, []step{
		{as: "root", method: "PUT", target: "/demo", want: 200},
		{as: "root", method: "PUT", target: "/demo/tagged", body: "hello", header: tagged, want: 200},
		{as: "nobody", method: "PUT", target: "/demo/x", body: "hello", header: tagged, want: 403},
		{as: "nobody", method: "PUT", target: "/demo/x", header: copied, want: 403},
		{as: "nobody", method: "PUT", target: "/demo/x", header: without, want: 200},
	})
}
