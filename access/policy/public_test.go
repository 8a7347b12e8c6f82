package policy

import (
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for _, c := range []struct {
		principal, condition string
		want                 bool
	}{
		{`"*"`, `{}`, true},
		{`[]`, `{}`, true},
		{`["1111111111111111","*"]`, `{}`, true},
		{`["1111111111111111"]`, `{}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":"203.0.113.0/24"}}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":"2001:db8::/32"}}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}`, true},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}`, true},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":"2000::/3"}}`, true},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["198.0.0.0/8","203.0.0.0/8"]}}`, true},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["198.0.0.0/9","203.0.0.0/9"]}}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","172.16.0.0/12","192.168.0.0/16","fc00::/7","203.0.113.0/24"]}}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":"10.0.0.0/7"}}`, true},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":["198.0.0.0/8","203.0.0.0/8"]},"StringEquals":{"acs:SourceVpc":"vpc-1"}}`, false},
		{`"*"`, `{"IpAddress":{"acs:SourceIp":"203.*"}}`, true},
		{`"*"`, `{"NotIpAddress":{"acs:SourceIp":"203.0.113.0/24"}}`, true},
		{`"*"`, `{"StringEquals":{"acs:SourceVpc":"vpc-1"}}`, false},
		{`"*"`, `{"StringLike":{"acs:SourceVpc":"vpc-1"}}`, false},
		{`"*"`, `{"StringLike":{"acs:SourceVpc":"vpc-*"}}`, true},
		{`"*"`, `{"StringEquals":{"acs:UserAgent":"x"}}`, true},
		{`"*"`, `{"Bool":{"acs:SecureTransport":"true"}}`, true},
		{`"*"`, `{"Bool":{"acs:SecureTransport":"true"},"StringEquals":{"acs:AccessId":"LTAIx"}}`, false},
	} {
		text := doc(`"Effect":"Allow","Action":"*","Resource":"*","Principal":` + c.principal + `,"Condition":` + c.condition)
		if got := mustParse(t, Bucket, text).Public(); got != c.want {
			t.Errorf("%s: %v, want %v", text, got, c.want)
		}
	}
	if mustParse(t, Bucket, doc(`"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"`)).Public() {
		t.Error("a Deny is public")
	}
}

// TestPublicTogether: what no statement opens alone, many can open together.
func TestPublicTogether(t *testing.T) {
	statement := func(from string) string {
		return `{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*","Condition":{"IpAddress":{"acs:SourceIp":"` + from + `"}}}`
	}
	document := func(statements ...string) string {
		return `{"Version":"1","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	if !mustParse(t, Bucket, document(statement("198.0.0.0/8"), statement("203.0.0.0/8"))).Public() {
		t.Error("two of the widest blocks in two statements are not public")
	}
	if mustParse(t, Bucket, document(statement("198.0.0.0/24"), statement("10.0.0.0/8"), statement("203.0.0.0/24"))).Public() {
		t.Error("two networks and a private one are public")
	}
}
