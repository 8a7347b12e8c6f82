package oss_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
	"ossd/protocol/signature/diagnose"
)

const explainWorld = `
accounts:
- id: "1234567890123456"
  users:
  - {name: reader, accessKeys: [{id: LTAItranscriptReader001, secret: readerSecret00000000000000001}], policies: [AliyunOSSReadOnlyAccess]}
  - {name: nobody, accessKeys: [{id: LTAItranscriptNobody001, secret: nobodySecret00000000000000001}]}
  - {name: helper, accessKeys: [{id: LTAIexplainHelper000001, secret: helperSecret00000000000000001}], policies: [explain]}
  - {name: app, accessKeys: [{id: LTAIsessionTestApp00001, secret: appSecret00000000000000000001}], policies: [AliyunSTSAssumeRoleAccess]}
  policies:
  - name: explain
    document: {Version: "1", Statement: [{Effect: Allow, Action: "ossd:ExplainRequest", Resource: "acs:ossd:*:1234567890123456:*"}]}
  - name: put-and-get
    document: {Version: "1", Statement: [{Effect: Allow, Action: ["oss:PutObject", "oss:GetObject"], Resource: "acs:oss:*:*:demo/*"}]}
  roles:
  - {name: uploader, trustAccounts: ["1234567890123456"], policies: [put-and-get]}
  buckets:
  - {name: demo}
- id: "2222222222222222"
  accessKeyId: LTAItranscriptOther0001
  accessKeySecret: otherSecret000000000000000001
`

// digests are those of canonical requests.
var digests = regexp.MustCompile(`[0-9a-f]{64}`)

var helper = signature.Credentials{AccessKeyID: "LTAIexplainHelper000001", Secret: "helperSecret00000000000000001"}

// explainer asks a server as somebody.
type explainer struct {
	*ossdtest.Server
	*clock
	signedAt time.Time // of URLs; zero: now
}

func newExplainer(t *testing.T) explainer {
	c := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: explainWorld, Now: c.now})
	mustSend(t, s, request{method: "PUT", target: "/demo/cat.jpg", body: "cat"})
	return explainer{s, c, time.Time{}}
}

// url signs a URL.
func (e explainer) url(t *testing.T, cred signature.Credentials, scheme signature.Scheme, method, target string, lifetime time.Duration) string {
	t.Helper()
	r, err := signature.NewRequest(method, e.Addr, target, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	resources, err := (&signature.Domains{}).Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	at := e.signedAt
	if at.IsZero() {
		at = e.now()
	}
	if err := signature.Presign(scheme, r, resources[0], cred, ossdtest.Region, at, lifetime); err != nil {
		t.Fatal(err)
	}
	return e.URL + r.Path + "?" + r.Query.Encode()
}

// ask explains a URL; the code is "" for an answer.
func (e explainer) ask(t *testing.T, cred signature.Credentials, method, url string) (report diagnose.Report, text, code string) {
	t.Helper()
	return e.askWith(t, cred, map[string]string{"Method": method, "Url": url})
}

func (e explainer) askWith(t *testing.T, cred signature.Credentials, params map[string]string) (report diagnose.Report, text, code string) {
	t.Helper()
	status, answer := rpcCall(t, e.Server, e.clock, cred, "2026-11-24", "ExplainRequest", params)
	delete(answer, "RequestId")
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{callers["root"].Secret, callers["reader"].Secret, callers["other"].Secret, helper.Secret, app.Secret} {
		if strings.Contains(string(b), secret) {
			t.Errorf("the answer gives a secret away: %s", b)
		}
	}
	if status != http.StatusOK {
		return report, string(b), answer["Code"].(string)
	}
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	return report, string(b), ""
}

// An account asks about the keys of its users, in every scheme.
func TestExplainPermission(t *testing.T) {
	e := newExplainer(t)
	e.signedAt = e.now()
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V2URL, signature.V4URL} {
		for _, asker := range []signature.Credentials{callers["root"], helper} {
			got, text, _ := e.ask(t, asker, "GET", e.url(t, callers["reader"], scheme, "GET", "/demo/cat.jpg", time.Hour))
			if got.Scheme != string(scheme) || got.Signature != "valid" || got.Refusal != nil || len(got.Causes) > 0 ||
				got.Signer != "acs:ram::1234567890123456:user/reader" || got.Operation != "GetObject" || got.Object != "exists" ||
				got.Decision != "allow" || len(got.Statements) != 1 || !strings.HasPrefix(got.Statements[0], "AliyunOSSReadOnlyAccess#") ||
				got.EndsWith != "url" || !got.Ends.Equal(e.signedAt.Add(time.Hour).Truncate(time.Second)) {
				t.Errorf("%s: %s", scheme, text)
			}
		}
		got, text, _ := e.ask(t, callers["root"], "PUT", e.url(t, callers["reader"], scheme, "PUT", "/demo/cat.jpg", time.Hour))
		if got.Signature != "valid" || got.Decision != "deny" || got.Refusal == nil || got.Refusal.EC != "0003-00000001" || got.Object != "" {
			t.Errorf("%s, PUT: %s", scheme, text)
		}
		// A wrong signature is explained, and so is what would be allowed with the right one.
		got, text, _ = e.ask(t, callers["root"], "HEAD", e.url(t, callers["reader"], scheme, "GET", "/demo/cat.jpg", time.Hour))
		if got.Signature != "wrong" || got.Refusal == nil || got.Refusal.Code != "SignatureDoesNotMatch" ||
			len(got.Causes) != 1 || got.Causes[0].ID != "method" || got.Decision != "allow" || got.Operation != "HeadObject" {
			t.Errorf("%s, HEAD: %s", scheme, text)
		}
	}
}

// Asking does nothing: what a request would do is not done.
func TestExplainExecutesNothing(t *testing.T) {
	e := newExplainer(t)
	for _, c := range [][2]string{{"DELETE", "/demo/cat.jpg"}, {"PUT", "/demo/new.jpg"}, {"DELETE", "/demo"}, {"PUT", "/made"}} {
		got, text, _ := e.ask(t, callers["root"], c[0], e.url(t, callers["root"], signature.V4URL, c[0], c[1], time.Hour))
		if got.Refusal != nil || got.Decision != "allow" {
			t.Errorf("%v: %s", c, text)
		}
	}
	mustSend(t, e.Server, request{method: "GET", target: "/demo/cat.jpg"})
	for _, gone := range []string{"/demo/new.jpg", "/made?acl"} {
		if got := send(t, e.Server, request{method: "GET", target: gone, as: "root", scheme: signature.V4Header}).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: status %d", gone, got)
		}
	}
}

// Whoever has no right to ask, and whoever asks about the key of another account, learns nothing.
func TestExplainStrangers(t *testing.T) {
	e := newExplainer(t)
	e.signedAt = e.now()
	url := e.url(t, callers["reader"], signature.V4URL, "GET", "/demo/cat.jpg", time.Hour)
	for _, asker := range []string{"nobody", "reader"} {
		if _, text, code := e.ask(t, callers[asker], "GET", url); code != "NoPermission" {
			t.Errorf("%s asks: %s", asker, text)
		}
	}
	forged := helper
	forged.Secret = "x" + forged.Secret[1:]
	if _, text, code := e.ask(t, forged, "GET", url); code != "SignatureDoesNotMatch" {
		t.Errorf("a forger asks: %s", text)
	}
	// The same URL, of a key that exists in no account. The signatures differ, and they are echoed nowhere.
	unknown := signature.Credentials{AccessKeyID: "LTAItranscriptNowhere01", Secret: "nowhere"}
	session := assume(t, e.Server, e.clock, "")
	missing := signature.Credentials{AccessKeyID: "STS." + strings.Repeat("1", len(session.AccessKeyID)-4), Secret: "nowhere", SecurityToken: "CAISmadeUp"}
	same := func(name string, cred, nowhere signature.Credentials) {
		t.Helper()
		for _, scheme := range []signature.Scheme{signature.V1URL, signature.V4URL} {
			for _, target := range []string{"/demo/cat.jpg", "/absent/cat.jpg"} {
				_, existing, _ := e.ask(t, callers["other"], "GET", e.url(t, cred, scheme, "GET", target, time.Hour))
				_, absent, _ := e.ask(t, callers["other"], "GET", e.url(t, nowhere, scheme, "GET", target, time.Hour))
				hide := func(text string) string {
					for _, c := range []signature.Credentials{cred, nowhere} {
						text = strings.ReplaceAll(text, c.AccessKeyID, "KEY")
					}
					return digests.ReplaceAllString(text, "DIGEST")
				}
				if hide(existing) != hide(absent) || !strings.Contains(absent, "InvalidAccessKeyId") || strings.Contains(absent, "Decision") {
					t.Errorf("%s, %s, %s: another account is told\n%s\nand of a key that does not exist\n%s", name, scheme, target, existing, absent)
				}
			}
		}
	}
	same("a user's key", callers["reader"], unknown)
	same("an account's key", callers["root"], unknown)
	same("a session", session, missing)
	mustRAM(t, e.Server, e.clock, "UpdateAccessKey", map[string]string{"UserName": "reader", "UserAccessKeyId": callers["reader"].AccessKeyID, "Status": "Inactive"})
	same("a disabled key", callers["reader"], unknown)
	got, text, _ := e.ask(t, callers["root"], "GET", url)
	if got.Refusal == nil || got.Refusal.EC != "0002-00000904" {
		t.Errorf("the own account is not told of its disabled key: %s", text)
	}
}

// Of URL and token, what ends first is told, and the end of an ended token.
func TestExplainSessions(t *testing.T) {
	e := newExplainer(t)
	session := assume(t, e.Server, e.clock, "") // of a quarter of an hour
	begun := e.now()
	short := e.url(t, session, signature.V4URL, "GET", "/demo/cat.jpg", time.Minute)
	long := e.url(t, session, signature.V4URL, "GET", "/demo/cat.jpg", time.Hour)
	for url, part := range map[string]string{short: "url", long: "token"} {
		got, text, _ := e.ask(t, helper, "GET", url)
		if got.Refusal != nil || got.Decision != "allow" || got.EndsWith != part || got.Ends.After(begun.Add(15*time.Minute)) ||
			got.Signer != "acs:ram::1234567890123456:assumed-role/uploader/phone" || strings.Contains(text, session.SecurityToken) {
			t.Errorf("ends with the %s: %s", part, text)
		}
	}
	e.advance(16 * time.Minute)
	got, text, _ := e.ask(t, helper, "GET", long)
	if got.Refusal == nil || got.Refusal.Code != "SecurityTokenExpired" || len(got.Causes) != 1 || got.Causes[0].ID != "token-expired" || got.TokenExpires.IsZero() {
		t.Errorf("after the token: %s", text)
	}
	got, text, _ = e.ask(t, helper, "GET", short)
	if got.Refusal == nil || got.Refusal.Code != "AccessDenied" || got.Causes[0].ID != "url-expired" || !got.TokenExpires.IsZero() {
		t.Errorf("after both: %s", text)
	}
}

// Saved requests, and what cannot be explained.
func TestExplainInput(t *testing.T) {
	e := newExplainer(t)
	_, target, _ := strings.Cut(strings.TrimPrefix(e.url(t, callers["root"], signature.V4URL, "GET", "/demo/cat.jpg", time.Hour), "http://"), "/")
	saved := "GET /" + target + " HTTP/1.1\r\nHost: " + e.Addr + "\r\nX-Oss-Meta-A: b\r\n\r\n"
	got, text, _ := e.askWith(t, callers["root"], map[string]string{"Request": saved, "SourceIp": "203.0.113.9", "Secure": "true"})
	if len(got.Causes) != 1 || got.Causes[0].ID != "header-added" || got.Causes[0].Expected != "x-oss-meta-a:b" {
		t.Errorf("saved: %s", text)
	}
	for name, c := range map[string]struct {
		params map[string]string
		want   string
	}{
		"nothing":      {nil, "MissingUrl"},
		"both":         {map[string]string{"Url": e.URL, "Request": saved}, "MissingUrl"},
		"no URL":       {map[string]string{"Url": "demo"}, "InvalidParameter.Url"},
		"no request":   {map[string]string{"Request": "demo"}, "InvalidParameter.Request"},
		"split":        {map[string]string{"Url": e.URL + "/ HTTP/1.1\r\nX: y"}, "InvalidParameter.Url"},
		"split method": {map[string]string{"Url": e.URL, "Method": "GET /x HTTP/1.1\r\n"}, "InvalidParameter.Url"},
		"no address":   {map[string]string{"Url": e.URL, "SourceIp": "here"}, "InvalidParameter.SourceIp"},
	} {
		if _, text, code := e.askWith(t, callers["root"], c.params); code != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
	for name, c := range map[string]struct {
		method, target, header string
		code                   string
	}{
		"malformed path":   {"GET", "/demo/%FF%zz", "", ""},
		"no operation":     {"PATCH", "/demo/a", "", "MethodNotAllowed"},
		"not served":       {"GET", "/demo?cors", "", "NotImplemented"},
		"no bucket":        {"GET", "/absent/a", "", "NoSuchBucket"},
		"nobody's listing": {"GET", "/demo", "", "AccessDenied"},
		"a form":           {"POST", "/demo", "Content-Type: multipart/form-data; boundary=x", "NotImplemented"},
		"two signatures":   {"GET", "/demo/a?Signature=x", "Authorization: OSS a:b", "InvalidArgument"},
	} {
		got, text, code := e.askWith(t, callers["root"], map[string]string{"Method": c.method, "Url": e.URL + c.target, "Header": c.header})
		switch {
		case c.code == "" && code != "InvalidParameter.Url":
			t.Errorf("%s: %s", name, text)
		case c.code != "" && (got.Refusal == nil || got.Refusal.Code != c.code):
			t.Errorf("%s: %s, want %s", name, text, c.code)
		}
	}
}

// Whoever may explain but not read learns nothing by writing another's key into a URL.
func TestExplainIsNoOracle(t *testing.T) {
	e := newExplainer(t)
	for _, key := range []string{"cat.jpg", "absent.jpg"} {
		forged := e.url(t, signature.Credentials{AccessKeyID: ossdtest.AccessKeyID, Secret: "made up"}, signature.V4URL, "GET", "/demo/"+key, time.Minute)
		report, text, code := e.ask(t, helper, "GET", forged)
		if code != "" || report.Object != "" || report.Reason != "" || len(report.Statements) > 0 {
			t.Errorf("%s: %s %s", key, code, text)
		}
	}
}

// What the server would refuse by its settings is not called allowed.
func TestExplainKnowsWhatIsServed(t *testing.T) {
	e := newExplainer(t)
	report, text, _ := e.ask(t, callers["root"], "GET", e.url(t, callers["root"], signature.V1URL, "GET", "/demo", time.Minute))
	if report.Refusal == nil || report.Refusal.EC != "0002-00000079" {
		t.Errorf("a V1 URL of a bucket: %s", text)
	}
}

// A copy is allowed only if its source may be read.
func TestExplainCopy(t *testing.T) {
	e := newExplainer(t)
	mustSend(t, e.Server, request{method: "PUT", target: "/open", header: http.Header{"X-Oss-Acl": {"public-read-write"}}})
	for name, want := range map[string]string{"reader": "allow", "nobody": "deny"} {
		url := e.url(t, callers[name], signature.V4URL, "PUT", "/open/copy", time.Hour)
		report, text, code := e.askWith(t, callers["root"], map[string]string{"Method": "PUT", "Url": url, "Header": "x-oss-copy-source: /demo/cat.jpg"})
		if code != "" || report.Operation != "CopyObject" || report.Decision != want {
			t.Errorf("%s: %s %s, want %s", name, text, code, want)
		}
	}
}
