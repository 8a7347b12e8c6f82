package policy

import (
	"testing"
	"time"
)

func TestPrincipalNames(t *testing.T) {
	for _, c := range []struct {
		p               Principal
		arn, kind, name string
	}{
		{Principal{}, "", "", ""},
		{Principal{Type: Account, AccountID: "1"}, "acs:ram::1:root", "", ""},
		{Principal{Type: User, AccountID: "1", UserID: "2", UserName: "app"}, "acs:ram::1:user/app", "SubUser", "2"},
		{Principal{Type: RoleSession, AccountID: "1", RoleID: "3", RoleName: "up", SessionName: "s"}, "acs:ram::1:assumed-role/up/s", "AssumedRoleUser", "up:s"},
		{Principal{Type: Federated, AccountID: "1", ProviderName: "idp", Subject: "joe"}, "acs:ram::1:oidc-provider/idp", "Federated", "oidc-provider/idp"},
	} {
		kind, name := c.p.DeniedAs()
		if c.p.ARN() != c.arn || kind != c.kind || name != c.name {
			t.Errorf("%+v: %q, %q, %q", c.p, c.p.ARN(), kind, name)
		}
	}
}

func TestStatements(t *testing.T) {
	d := Decision{Matches: []Match{{Policy: "a", Statement: 2}, {Policy: "session policy"}}}
	if got := d.Statements(); len(got) != 2 || got[0] != "a#2" || got[1] != "session policy#0" {
		t.Errorf("%q", got)
	}
}

// What is not known is absent, not empty: a condition on it is not met.
func TestCommonKeys(t *testing.T) {
	full := CommonKeys{SourceIP: "203.0.113.9", SecureTransport: true, Now: time.Unix(0, 0), UserAgent: "curl", AccessKeyID: "LTAI", SourceIdentity: "alice"}
	for key, want := range map[string]string{
		"acs:sourceip": "203.0.113.9", "acs:securetransport": "true", "acs:currenttime": "1970-01-01T00:00:00Z",
		"acs:useragent": "curl", "acs:accessid": "LTAI", "acs:mfapresent": "false",
		"acs:sourceidentity": "alice",
	} {
		if got, ok := full.Value(key); !ok || got != want {
			t.Errorf("%s: %q, %t", key, got, ok)
		}
	}
	for _, key := range []string{"acs:sourceip", "acs:useragent", "acs:accessid", "acs:sourcevpc", "acs:sourceidentity"} {
		if got, ok := (CommonKeys{}).Value(key); ok {
			t.Errorf("%s of nothing: %q", key, got)
		}
	}
	if got, _ := (CommonKeys{}).Value("acs:securetransport"); got != "false" {
		t.Errorf("plain: %q", got)
	}
}
