package rpc_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ossd/access/policy"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
)

func TestPermissions(t *testing.T) {
	w := rpctest.New(t, actions...)
	all := rpctest.Allow("test:GuardedEcho", "*")
	nobody := w.User("nobody")
	half := w.User("half", rpctest.Allow("test:GuardedEcho", "acs:test:*:*:text/*"))
	full := w.User("full", all)
	denied := w.User("denied", all, rpctest.Deny("test:*", "acs:test:*:*:text/secret"))
	other := w.User("other", rpctest.Allow("test:Echo", "*"))

	w.Do(w.Root, version, "GuardedEcho", "Text", "hi").OK(nil)
	w.Do(full, version, "GuardedEcho", "Text", "hi").OK(nil)
	w.Do(denied, version, "GuardedEcho", "Text", "hi").OK(nil)
	w.Do(nobody, version, "Echo", "Text", "hi").OK(nil)

	for _, c := range []struct {
		who            string
		cred           signature.Credentials
		noPermission   string
		decisionReason policy.Reason
	}{
		{"nobody", nobody, "ImplicitDeny", policy.NoAllowManagement},
		{"one of two resources", half, "ImplicitDeny", policy.NoAllowManagement},
		{"another action", other, "ImplicitDeny", policy.NoAllowManagement},
		{"deny", denied, "ExplicitDeny", policy.IdentityExplicitDeny},
	} {
		t.Run(c.who, func(t *testing.T) {
			r := w.Do(c.cred, version, "GuardedEcho", "Text", "secret").Refused(403, "NoPermission",
				"You are not authorized to do this action. You should be authorized by RAM.")
			o := w.Outcome()
			want := `"AccessDeniedDetail":{"AuthAction":"test:GuardedEcho","AuthPrincipalType":"SubUser",` +
				`"AuthPrincipalOwnerId":"` + rpctest.Account + `","AuthPrincipalDisplayName":"` + o.Principal.UserID + `",` +
				`"PolicyType":"AccountLevelIdentityBasedPolicy","NoPermissionType":"` + c.noPermission + `","EncodedDiagnosticMessage":"…"}}`
			got := regexp.MustCompile(`AQIB[A-Za-z0-9+/]{1000}[A-Za-z0-9+/]+`).ReplaceAllString(r.Body.String(), "…")
			if !strings.HasSuffix(got, want) {
				t.Errorf("got  %s\nwant …%s", got, want)
			}
			if o.Decision == nil || o.Decision.Allowed || o.Decision.Reason != c.decisionReason {
				t.Errorf("audited decision %+v, want a denial by %s", o.Decision, c.decisionReason)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	w := rpctest.New(t, actions...)
	cred := w.User("full", rpctest.Allow("test:GuardedEcho", "*"))
	params := w.Signed(http.MethodGet, cred, "Version", version, "Action", "GuardedEcho", "Text", "hi")
	r := httptest.NewRequest(http.MethodGet, "/?"+params.Encode(), nil)
	r.RemoteAddr = "[2001:db8::7]:4711"
	r.Header.Set("User-Agent", "curl "+strings.Repeat("x", 2000))
	w.Serve(r).OK(nil)
	got := w.Outcome()
	if got.Decision == nil || !got.Decision.Allowed || got.Principal.UserName != "full" || got.Principal.Type != policy.User {
		t.Errorf("decision %+v of %+v", got.Decision, got.Principal)
	}
	if got.Status != 200 || got.Code != "" || got.Product != "Test" || got.Action != "GuardedEcho" || got.AccessKeyID != cred.AccessKeyID ||
		got.SourceIP != "2001:db8::7" || len(got.UserAgent) != 1024 || !got.Time.Equal(w.Now()) || got.RequestID != rpctest.RequestID ||
		got.Resource != "acs:test:*:1234567890123456:text/hi acs:test:*:1234567890123456:mouth" {
		t.Errorf("outcome %+v", got)
	}

	w.Get(url.Values{"Version": {version}, "Action": {"Nothing"}})
	if got := w.Outcome(); got.Product != "" || got.Action != "Nothing" || got.Status != 404 {
		t.Errorf("outcome of an unknown action: %+v", got)
	}
}

// Conditions see the request as it came.
func TestConditions(t *testing.T) {
	w := rpctest.New(t, actions...)
	for i, c := range []struct {
		condition string
		https     bool
		want      int
	}{
		{`{"IpAddress":{"acs:SourceIp":"192.0.2.0/24"}}`, false, 200}, // where httptest calls from
		{`{"IpAddress":{"acs:SourceIp":"198.51.100.0/24"}}`, false, 403},
		{`{"Bool":{"acs:SecureTransport":"true"}}`, false, 403},
		{`{"Bool":{"acs:SecureTransport":"true"}}`, true, 200},
		{`{"Bool":{"acs:MFAPresent":"true"}}`, false, 403},
		{`{"Bool":{"acs:MFAPresent":"false"}}`, false, 200},
		{`{"DateLessThan":{"acs:CurrentTime":"2026-11-24T12:00:01Z"}}`, false, 200},
		{`{"DateLessThan":{"acs:CurrentTime":"2026-11-24T12:00:00Z"}}`, false, 403},
		{`{"StringLike":{"acs:UserAgent":"ossutil*"}}`, false, 200},
		{`{"StringLike":{"acs:AccessId":"LTAI*"}}`, false, 200},
		{`{"StringEquals":{"acs:SourceVpc":"vpc-1"}}`, false, 403},
	} {
		document := strings.TrimSuffix(rpctest.Allow("test:*", "*"), "}]}") + `,"Condition":` + c.condition + "}]}"
		cred := w.User(fmt.Sprintf("user%d", i), document)
		params := w.Signed(http.MethodGet, cred, "Version", version, "Action", "GuardedEcho", "Text", "hi")
		target := "http://example.com/?"
		if c.https {
			target = "https://example.com/?"
		}
		r := httptest.NewRequest(http.MethodGet, target+params.Encode(), nil)
		r.Header.Set("User-Agent", "ossutil/2")
		if got := w.Serve(r); got.Code != c.want {
			t.Errorf("%s, https %v: status %d, want %d: %s", c.condition, c.https, got.Code, c.want, got.Body)
		}
	}
}
