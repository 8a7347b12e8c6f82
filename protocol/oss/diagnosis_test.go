package oss_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

const diagnosisWorld = `
accounts:
- id: "1234567890123456"
  users:
  - {name: alice, accessKeys: [{id: LTAIdiagnosisAlice00001, secret: aliceSecret000000000000000001}], policies: [office]}
  policies:
  - name: office
    document: {Version: "1", Statement: [{Effect: Allow, Action: "oss:GetObject", Resource: "*", Condition: {StringEquals: {"oss:ExistingObjectTag/for": alice}}}]}
  buckets:
  - {name: demo}
- id: "2222222222222222"
  accessKeyId: LTAItranscriptOther0001
  accessKeySecret: otherSecret000000000000000001
  users:
  - {name: bob, accessKeys: [{id: LTAIdiagnosisBob0000001, secret: bobSecret00000000000000000001}], policies: [AdministratorAccess]}
`

const diagnosisBucketPolicy = `{"Version":"1","Statement":[{"Sid":"ours","Effect":"Deny","Principal":["*"],"Action":"oss:PutObject",` +
	`"Resource":["acs:oss:*:1234567890123456:demo/*"],"Condition":{"StringLike":{"acs:UserAgent":["*"]}}}]}`

var (
	diagnosed = signature.Credentials{AccessKeyID: "LTAIdiagnosisAlice00001", Secret: "aliceSecret000000000000000001"}
	foreigner = signature.Credentials{AccessKeyID: "LTAIdiagnosisBob0000001", Secret: "bobSecret00000000000000000001"}
)

// diagnosticMessage is the one in an error, "" if there is none.
func diagnosticMessage(t *testing.T, document []byte) string {
	t.Helper()
	var e struct {
		AccessDeniedDetail struct{ EncodedDiagnosticMessage string }
	}
	if err := xml.Unmarshal(document, &e); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return e.AccessDeniedDetail.EncodedDiagnosticMessage
}

func deniedDocument(t *testing.T, s *ossdtest.Server, q request) []byte {
	t.Helper()
	q.scheme = signature.V4Header
	resp := send(t, s, q)
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("%s %s: %s %v", q.method, q.target, resp.Status, err)
	}
	if q.method != http.MethodHead {
		return body
	}
	if body, err = base64.StdEncoding.DecodeString(resp.Header.Get("x-oss-err")); err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	if err := resp.Header.Write(&head); err != nil || head.Len() > 4000 {
		t.Errorf("the head has %d bytes, more than proxies take: %v", head.Len(), err)
	}
	return body
}

// The administrators of the caller's account learn why, and of what is another
// account's they learn nothing.
func TestDiagnosticMessages(t *testing.T) {
	clock := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: diagnosisWorld, Now: clock.now})
	for _, q := range []request{
		{method: "PUT", target: "/demo/plan", header: pairs([]string{"x-oss-tagging", "for=carol"})},
		{method: "PUT", target: "/demo?policy", body: diagnosisBucketPolicy},
	} {
		q.as, q.scheme = "root", signature.V4Header
		if resp := send(t, s, q); resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", q.target, resp.Status)
		}
	}
	long := "/demo/" + strings.Repeat("k", 1000)
	for name, c := range map[string]struct {
		q             request
		reader        string
		reason        string
		want, without []string
	}{
		"nearly": {request{method: "GET", target: "/demo/plan", key: diagnosed}, "root",
			"oss:GetObject on acs:oss:oss-cn-hangzhou:1234567890123456:demo/plan is denied: no policy allows it, and neither does the ACL of the object or bucket.",
			[]string{`oss:ExistingObjectTag/for`, `carol`, `"office"`}, nil},
		"absent": {request{method: "HEAD", target: long, key: diagnosed}, "root", "", []string{`"office"`, "and the request has none"}, nil},
		"bucket policy": {request{method: "PUT", target: "/demo/plan", key: diagnosed, header: pairs([]string{"User-Agent", "curl/8"})}, "root",
			`oss:PutObject on acs:oss:oss-cn-hangzhou:1234567890123456:demo/plan is denied by bucket policy, Statement[0] (Sid "ours").`,
			[]string{"acs:UserAgent", "curl/8"}, nil},
		"foreign": {request{method: "PUT", target: "/demo/plan", key: foreigner, header: pairs([]string{"User-Agent", "curl/8"})}, "other",
			"oss:PutObject on acs:oss:oss-cn-hangzhou:*:demo/plan is denied by bucket policy.",
			nil, []string{"1234567890123456", "ours", "acs:UserAgent", "Statement["}},
		"foreign, no grant": {request{method: "GET", target: "/demo/plan", key: foreigner}, "other",
			"oss:GetObject on acs:oss:oss-cn-hangzhou:*:demo/plan is denied: no policy allows it, and neither does the ACL of the object or bucket.",
			nil, []string{"1234567890123456", "carol"}},
	} {
		message := diagnosticMessage(t, deniedDocument(t, s, c.q))
		for who, cred := range callers {
			status, answer := rpcCall(t, s, clock, cred, "2015-05-01", "DecodeDiagnosticMessage", map[string]string{"EncodedDiagnosticMessage": message})
			if who != c.reader {
				if (who == "root" || who == "other") && (status != 404 || answer["Code"] != "EntityNotExist") {
					t.Errorf("%s: %s is answered %d %v", name, who, status, answer)
				}
				continue
			}
			told := answer["DecodedDiagnosticMessage"]
			text := spellJSON(t, told)
			if status != 200 || c.reason != "" && told.(map[string]any)["Reason"] != c.reason {
				t.Errorf("%s: %d %v", name, status, answer)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s: no %s in %s", name, want, text)
				}
			}
			for _, secret := range c.without {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s tells %s", name, text, secret)
				}
			}
		}
	}
}

// Who has no policies has no message: nobody, and the keys of accounts.
func TestNoDiagnosticMessage(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: diagnosisWorld})
	for _, as := range []string{"anonymous", "other"} {
		document := deniedDocument(t, s, request{method: "GET", target: "/demo/plan", as: as})
		if strings.Contains(string(document), "AccessDeniedDetail") {
			t.Errorf("%s: %s", as, document)
		}
	}
}

func spellJSON(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), `\"`, `"`)
}
