package policy

import "testing"

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
