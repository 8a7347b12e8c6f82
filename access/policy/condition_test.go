package policy

import (
	"fmt"
	"strings"
	"testing"
)

// met tells whether an Allow with the condition applies, and a Deny.
func met(t *testing.T, condition string, ctx Context) (allow, deny bool) {
	t.Helper()
	for _, effect := range []Effect{Allow, Deny} {
		d := mustParse(t, Identity, fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":%q,"Action":"*","Resource":"*","Condition":%s}]}`, effect, condition))
		applies := d.statements[0].conditionsHold(ctx)
		if effect == Allow {
			allow = applies
		} else {
			deny = applies
		}
	}
	return allow, deny
}

// one is a Context with a single value under every key.
type one string

func (v one) Value(string) (string, bool) { return string(v), true }

func TestConditionOperators(t *testing.T) {
	for _, c := range []struct {
		operator, values string // JSON
		value            string
		want             bool
	}{
		{"StringEquals", `"a"`, "a", true},
		{"StringEquals", `"a"`, "A", false},
		{"StringEquals", `"*"`, "a", false},
		{"StringEquals", `["a","b"]`, "b", true},
		{"StringEquals", `[""]`, "", true},
		{"StringEquals", `7`, "7", true},
		{"StringEquals", `true`, "true", true},
		{"StringNotEquals", `["a","b"]`, "b", false},
		{"StringNotEquals", `["a","b"]`, "c", true},
		{"StringEqualsIgnoreCase", `"Größe"`, "GRÖSSE", false},
		{"StringEqualsIgnoreCase", `"aÉ"`, "Aé", true},
		{"StringNotEqualsIgnoreCase", `"a"`, "A", false},
		{"StringNotEqualsIgnoreCase", `"a"`, "b", true},
		{"StringLike", `"vpc-*"`, "vpc-1", true},
		{"StringLike", `"vpc-*"`, "VPC-1", false},
		{"StringLike", `["","x/?"]`, "x/y", true},
		{"StringLike", `"*"`, "", true},
		{"StringNotLike", `["a*","b*"]`, "bc", false},
		{"StringNotLike", `["a*","b*"]`, "cc", true},

		{"NumericEquals", `"10"`, "10.0", true},
		{"NumericEquals", `10`, "1e1", true},
		{"NumericEquals", `"201111111111111111"`, "201111111111111112", false},
		{"NumericNotEquals", `["1","2"]`, "2", false},
		{"NumericNotEquals", `["1","2"]`, "3", true},
		{"NumericLessThan", `"10"`, "9.99", true},
		{"NumericLessThan", `"10"`, "10", false},
		{"NumericLessThanEquals", `"10"`, "10", true},
		{"NumericLessThanEquals", `"10"`, "11", false},
		{"NumericGreaterThan", `"-1"`, "0", true},
		{"NumericGreaterThan", `"10"`, "10", false},
		{"NumericGreaterThanEquals", `"10"`, "10", true},
		{"NumericGreaterThanEquals", `"10"`, "9", false},

		{"DateEquals", `"2019-08-12T17:00:00+08:00"`, "2019-08-12T09:00:00Z", true},
		{"DateEquals", `"2019-08-12T17:00:00+0800"`, "2019-08-12T09:00:00Z", true},
		{"DateEquals", `"2019-08-12T09:00Z"`, "2019-08-12T09:00:00.000Z", true},
		{"DateEquals", `"2019-08-12"`, "2019-08-12T00:00:00Z", true},
		{"DateNotEquals", `"2019-08-12"`, "2019-08-12T00:00:00Z", false},
		{"DateNotEquals", `"2019-08-12"`, "2019-08-12T00:00:01Z", true},
		{"DateLessThan", `"2019-08-12T17:00:00+08:00"`, "2019-08-12T08:59:59Z", true},
		{"DateLessThan", `"2019-08-12T17:00:00+08:00"`, "2019-08-12T09:00:00Z", false},
		{"DateLessThanEquals", `"2019-08-12T09:00:00"`, "2019-08-12T09:00:00Z", true},
		{"DateLessThanEquals", `"2019-08-12T09:00:00"`, "2019-08-12T09:00:01Z", false},
		{"DateGreaterThan", `"2019-08-12T09:00:00Z"`, "2019-08-12T09:00:01Z", true},
		{"DateGreaterThan", `"2019-08-12T09:00:00Z"`, "2019-08-12T09:00:00Z", false},
		{"DateGreaterThanEquals", `"2019-08-12T09:00:00Z"`, "2019-08-12T09:00:00Z", true},
		{"DateGreaterThanEquals", `"2019-08-12T09:00:00Z"`, "2019-08-12T08:00:00Z", false},

		{"Bool", `"TRUE"`, "true", true},
		{"Bool", `false`, "true", false},
		{"Bool", `["true","false"]`, "false", true},

		{"IpAddress", `"203.0.113.9"`, "203.0.113.9", true},
		{"IpAddress", `"203.0.113.9"`, "203.0.113.8", false},
		{"IpAddress", `["10.0.0.0/8","203.0.113.0/24"]`, "203.0.113.255", true},
		{"IpAddress", `"203.0.113.77/24"`, "203.0.113.1", true}, // host bits are ignored
		{"IpAddress", `"0.0.0.0/0"`, "2001:db8::1", false},
		{"IpAddress", `"2001:db8::/32"`, "2001:db8:ffff::1", true},
		{"IpAddress", `"2001:DB8::7"`, "2001:db8:0:0::7", true},
		{"IpAddress", `"10.0.0.0/8"`, "::ffff:10.1.2.3", true},
		{"IpAddress", `"::ffff:10.0.0.0/104"`, "10.1.2.3", true},
		{"IpAddress", `"fe80::/10"`, "fe80::1%eth0", true},
		{"IpAddress", `"10.1.*"`, "10.1.2.3", true},
		{"IpAddress", `"10.1.*"`, "10.10.2.3", false},
		{"IpAddress", `"2001:DB8:*"`, "2001:db8::9", true},
		{"IpAddress", `"*"`, "10.1.2.3", true},
		{"NotIpAddress", `["10.0.0.0/8","203.0.113.0/24"]`, "203.0.113.255", false},
		{"NotIpAddress", `["10.0.0.0/8","203.0.113.0/24"]`, "198.51.100.1", true},
		{"IpAddressIncludeBorder", `"10.0.0.0/8"`, "10.255.255.255", true},
		{"NotIpAddressIncludeBorder", `"10.0.0.0/8"`, "10.255.255.255", false},
	} {
		allow, deny := met(t, fmt.Sprintf(`{%q:{"oss:x":%s}}`, c.operator, c.values), one(c.value))
		if allow != c.want || deny != c.want {
			t.Errorf("%s %s, value %q: Allow %v, Deny %v, want %v", c.operator, c.values, c.value, allow, deny, c.want)
		}
	}
}

// sample returns a value that the operator can read.
func sample(t *testing.T, operator string) string {
	for _, v := range []string{"1", "2019-08-12", "true", "10.0.0.1"} {
		if _, _, err := operators[operator].compile("oss:x", []string{v}); err == nil {
			return v
		}
	}
	t.Fatalf("no value for %s", operator)
	return ""
}

func TestMissingKey(t *testing.T) {
	negated := map[string]bool{
		"StringNotEquals": true, "StringNotEqualsIgnoreCase": true, "StringNotLike": true, "NumericNotEquals": true,
		"DateNotEquals": true, "NotIpAddress": true, "NotIpAddressIncludeBorder": true,
	}
	for operator := range operators {
		for _, ctx := range []Context{nil, values{}, values{"oss:other": "1"}} {
			allow, deny := met(t, fmt.Sprintf(`{%q:{"oss:x":%q}}`, operator, sample(t, operator)), ctx)
			if want := negated[operator]; allow != want || deny != want {
				t.Errorf("%s without the key in %v: Allow %v, Deny %v, want %v", operator, ctx, allow, deny, want)
			}
		}
	}
}

// TestUnreadableValue: what cannot be compared must not grant, nor escape a Deny.
func TestUnreadableValue(t *testing.T) {
	for operator := range operators {
		if strings.HasPrefix(operator, "String") {
			continue // every text is a string
		}
		allow, deny := met(t, fmt.Sprintf(`{%q:{"oss:x":%q}}`, operator, sample(t, operator)), one("?"))
		if allow || !deny {
			t.Errorf("%s on an unreadable value: Allow %v, Deny %v", operator, allow, deny)
		}
	}
	// Unless another condition is plainly false.
	if _, deny := met(t, `{"Bool":{"oss:x":"true"},"StringEquals":{"oss:x":"no"}}`, one("?")); deny {
		t.Error("a Deny applies although one of its conditions is false")
	}
}

// TestUnknownOperator: Parse refuses one, so only a document from elsewhere can
// bring it.
func TestUnknownOperator(t *testing.T) {
	for effect, want := range map[Effect]bool{Allow: false, Deny: true} {
		s := statement{effect: effect, conditions: []condition{{operator: "StringSoundsLike", key: "oss:x"}}}
		if got := s.conditionsHold(one("a")); got != want {
			t.Errorf("%s with an unknown operator applies: %v, want %v", effect, got, want)
		}
	}
}

func TestConditionsAreANDed(t *testing.T) {
	ctx := values{"acs:sourceip": "10.0.0.1", "oss:prefix": "a/"}
	for condition, want := range map[string]bool{
		`{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"},"StringLike":{"oss:Prefix":"a*"}}`: true,
		`{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"},"StringLike":{"oss:Prefix":"b*"}}`: false,
		`{"StringLike":{"acs:SourceIp":"10*","oss:Prefix":"a*"}}`:                      true,
		`{"StringLike":{"acs:SourceIp":"11*","oss:Prefix":"a*"}}`:                      false,
		`{}`: true,
	} {
		if allow, _ := met(t, condition, ctx); allow != want {
			t.Errorf("%s: %v, want %v", condition, allow, want)
		}
	}
}

func TestConditionKeys(t *testing.T) {
	ctx := values{"acs:sourceip": "10.0.0.1", "oss:existingobjecttag/Team": "dev"}
	for condition, want := range map[string]bool{
		`{"StringEquals":{"ACS:sourceIP":"10.0.0.1"}}`:             true,
		`{"StringEquals":{"oss:existingObjectTag/Team":"dev"}}`:    true,
		`{"StringEquals":{"oss:ExistingObjectTag/team":"dev"}}`:    false, // tags keep their case
		`{"StringNotEquals":{"oss:ExistingObjectTag/team":"dev"}}`: true,
	} {
		if allow, _ := met(t, condition, ctx); allow != want {
			t.Errorf("%s: %v, want %v", condition, allow, want)
		}
	}
}

func TestSecureTransportSpellings(t *testing.T) {
	for spelling, secure := range map[string]bool{"true": true, "False": false, "HTTPS": true, "http": false} {
		for request, isSecure := range map[string]bool{"true": true, "false": false} {
			allow, _ := met(t, fmt.Sprintf(`{"Bool":{"acs:SecureTransport":%q}}`, spelling), values{"acs:securetransport": request})
			if allow != (secure == isSecure) {
				t.Errorf("policy %s, request %s: %v", spelling, request, allow)
			}
		}
	}
}
