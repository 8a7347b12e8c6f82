package policy

import (
	"encoding/json"
	"strings"
)

// drawnKeys are condition keys as documents spell them, by what their values are.
var drawnKeys = map[string][]string{
	"String":  {"oss:Prefix", "acs:UserAgent", "acs:SourceVpc", "acs:AccessId", "oss:ExistingObjectTag/T", "oss:ExistingObjectTag/t", "oidc:iss", "oidc:aud", "oidc:sub", "sts:ExternalId"},
	"Numeric": {"oss:object-remaining-retention-days", "acs:MFAAge"},
	"Date":    {"acs:CurrentTime"},
	"Bool":    {"acs:SecureTransport", "acs:MFAPresent"},
	"Ip":      {"acs:SourceIp", "acs:SourceIp", "acs:VpcSourceIp"},
}

var drawnTypes = []string{"String", "String", "String", "Numeric", "Date", "Bool", "Ip", "Ip"}

var drawnOperators = map[string][]string{
	"String":  {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
	"Numeric": {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
	"Date":    {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
	"Bool":    {"Bool"},
	"Ip":      {"IpAddress", "NotIpAddress", "IpAddressIncludeBorder", "NotIpAddressIncludeBorder"},
}

// drawnWanted are values in documents.
var drawnWanted = map[string][]string{
	"String":  {"", "a", "A", "a*", "?", "*b", "É", "é", "vpc-*", "vpc-1"},
	"Numeric": {"0", "1", "-1", "10", "10.0", "1e1", "9.5", "201111111111111111", "201111111111111112"},
	"Date":    {"2026-06-01", "2026-06-01T08:00:00+08:00", "2026-06-01T00:00Z", "2026-06-01T00:00:01", "2026-05-31T23:59:59Z", "2026-06-01T08:00:00+0800"},
	"Bool":    {"true", "false", "TRUE", "False"},
	"Ip":      {"10.0.0.1", "10.0.0.0/8", "10.0.0.0/31", "10.9.9.9/7", "10.*", "*", "0.0.0.0/0", "203.0.113.0/24", "2001:db8::/32", "2001:DB8::7", "::ffff:10.0.0.0/104", "2001:DB8:*", "::/0", "2000::/31"},
}

// drawnBrought are values of requests, some of which cannot be read.
var drawnBrought = map[string][]string{
	"String":  {"", "a", "A", "ab", "b", "é", "vpc-1", "vpc-2", "a*"},
	"Numeric": {"0", "1", "10", "9.5", "9.49", "201111111111111111", "201111111111111113", "ten", "0x1", ""},
	"Date":    {"2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z", "2026-05-31T23:59:59Z", "2026-06-01T00:00:00.5Z", "today"},
	"Bool":    {"true", "false", "True", "yes"},
	"Ip":      {"10.0.0.1", "10.0.0.2", "11.255.255.255", "203.0.113.9", "2001:db8::7", "2001:db9::1", "::ffff:10.0.0.1", "here"},
}

// conditions draws up to three; one in twelve asks a key for what it is not.
func (d *dice) conditions() any {
	operators := map[string]any{}
	for range d.IntN(4) {
		kind := d.of(drawnTypes)
		key := d.of(drawnKeys[kind])
		if d.once(12) {
			key = d.of(drawnKeys[d.of(drawnTypes)])
		}
		wanted := drawnWanted[kind]
		if key == "acs:SecureTransport" && kind == "Bool" {
			wanted = append(wanted, "HTTPS", "http")
		}
		if d.once(4) {
			name, tag, tagged := strings.Cut(key, "/")
			if key = d.cased(name); tagged {
				key += "/" + tag
			}
		}
		operator := d.of(drawnOperators[kind])
		keys, ok := operators[operator].(map[string]any)
		if !ok {
			keys = map[string]any{}
			operators[operator] = keys
		}
		keys[key] = d.some(3, func() any { return d.scalar(kind, d.of(wanted)) })
	}
	return operators
}

// scalar is a text, or what JSON has for it.
func (d *dice) scalar(kind, text string) any {
	switch {
	case kind == "Numeric" && d.once(3):
		return json.Number(text)
	case kind == "Bool" && text == "true" && d.once(3):
		return true
	}
	return text
}

// context draws what a request brings: two of three keys.
func (d *dice) context() map[string]string {
	context := map[string]string{}
	for _, kind := range []string{"String", "Numeric", "Date", "Bool", "Ip"} {
		for _, key := range drawnKeys[kind] {
			if !d.once(3) {
				context[key] = d.of(drawnBrought[kind])
			}
		}
	}
	return context
}
