package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// doc is an identity policy with one statement of the given members.
func doc(members string) string {
	return `{"Version":"1","Statement":[{` + members + `}]}`
}

const (
	readAll   = `"Effect":"Allow","Action":"oss:Get*","Resource":"*"`
	assumable = `"Effect":"Allow","Action":"sts:AssumeRole"`
)

func TestParseRefuses(t *testing.T) {
	when := func(condition string) string { return doc(readAll + `,"Condition":` + condition) }
	trust := func(principal string) string { return doc(assumable + `,"Principal":` + principal) }
	for _, c := range []struct {
		kind Kind
		text string
		want string // of the error, up to the place
	}{
		{Identity, ``, `document: the document ends too early`},
		{Identity, `{`, `document: the document ends too early`},
		{Identity, `null`, `document: must be an object`},
		{Identity, `[]`, `document: must be an object`},
		{Identity, `{"Version":"1","Statement":[{` + readAll + `}]} x`, `document: something follows the end of the document`},
		{Identity, `{"Version":"1","Statement":[{` + readAll + `}]}{}`, `document: something follows the end of the document`},
		{Identity, `{"Version":"1",}`, `document: is not JSON`},
		{Identity, `{"Version" "1"}`, `Version: is not JSON`},
		{Identity, `{'Version':"1"}`, `document: is not JSON`},
		{Identity, "{\"Version\":\"1\",\"Statement\":\"\xff\"}", `document: is not UTF-8`},
		{Identity, strings.Repeat(" ", maxText+1), `document: is longer than 65536 bytes`},
		{Identity, `{"Version":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, `Version[0][0][0][0][0][0][0]: is nested deeper than 8 levels`},
		{Identity, `{"Version":[` + strings.Repeat("1,", 2000) + `1]}`, `Version: has more than 1024 entries`},
		{Identity, `{"Version":"1","Version":"1"}`, `Version: is there twice`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","Resource":"*","Effect":"Deny"`), `Statement[0].Effect: is there twice`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","Resource":"*","Eff\u0065ct":"Deny"`), `Statement[0].Effect: is there twice`},

		{Identity, `{"Statement":[{` + readAll + `}]}`, `Version: is missing`},
		{Identity, `{"Version":1,"Statement":[{` + readAll + `}]}`, `Version: must be "1"`},
		{Identity, `{"Version":"2012-10-17","Statement":[{` + readAll + `}]}`, `Version: must be "1"`},
		{Identity, `{"Version":"1"}`, `Statement: is missing`},
		{Identity, `{"Version":"1","Statement":[]}`, `Statement: must not be empty`},
		{Identity, `{"Version":"1","Statement":"x"}`, `Statement: must be a list of statements`},
		{Identity, `{"Version":"1","Statement":null}`, `Statement: must be a list of statements`},
		{Identity, `{"Version":"1","Statement":[{` + readAll + `},7]}`, `Statement[1]: must be an object`},
		{Identity, `{"Version":"1","Id":"x","Statement":[{` + readAll + `}]}`, `Id: is no element of a policy`},
		{Identity, `{"version":"1"}`, `version: is no element of a policy`},
		{Identity, `{"Version":"1","Statement":{"Effect":"Allow","Action":7,"Resource":"*"}}`, `Statement.Action: must be a string or a list of strings`},

		{Identity, `{"Version":"1","Statement":[{` + readAll + `},{"Effect":"Allow","Action":["a:b",1],"Resource":"*"}]}`, `Statement[1].Action: must be a string or a list of strings`},
		{Identity, doc(`"Effect":"Allow","Action":[],"Resource":"*"`), `Statement[0].Action: must not be an empty list`},
		{Identity, doc(`"Effect":"Allow","Action":{},"Resource":"*"`), `Statement[0].Action: must be a string or a list of strings`},
		{Identity, doc(`"Effect":"Allow","Action":"","Resource":"*"`), `Statement[0].Action: must be SERVICE:NAME`},
		{Identity, doc(`"Effect":"Allow","Action":["a:b","GetObject"],"Resource":"*"`), `Statement[0].Action[1]: must be SERVICE:NAME`},
		{Identity, doc(`"Effect":"Allow","Action":"oss: GetObject","Resource":"*"`), `Statement[0].Action: must be SERVICE:NAME`},
		{Identity, doc(`"Effect":"Allow","Resource":"*"`), `Statement[0].Action: is missing`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","NotAction":"a:c","Resource":"*"`), `Statement[0].NotAction: cannot stand beside Action or NotAction`},
		{Identity, doc(`"Action":"a:b","Resource":"*"`), `Statement[0].Effect: is missing`},
		{Identity, doc(`"Effect":"allow","Action":"a:b","Resource":"*"`), `Statement[0].Effect: must be Allow or Deny`},
		{Identity, doc(`"Effect":true,"Action":"a:b","Resource":"*"`), `Statement[0].Effect: must be Allow or Deny`},
		{Identity, doc(`"Effect":["Allow"],"Action":"a:b","Resource":"*"`), `Statement[0].Effect: must be Allow or Deny`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b"`), `Statement[0].Resource: is missing`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","Resource":[]`), `Statement[0].Resource: must not be an empty list`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","Resource":"photos/*"`), `Statement[0].Resource: must be acs:SERVICE:REGION:ACCOUNT:RELATIVE`},
		{Identity, doc(`"Effect":"Allow","Action":"a:b","NotResource":"*"`), `Statement[0].NotResource: is no element of a statement`},
		{Identity, doc(readAll + `,"Principal":"*"`), `Statement[0].Principal: is allowed in trust and bucket policies only`},
		{Session, doc(readAll + `,"Principal":"*"`), `Statement[0].Principal: is allowed in trust and bucket policies only`},
		{Identity, doc(readAll + `,"effect":"Allow"`), `Statement[0].effect: is no element of a statement`},
		{Identity, doc(readAll + `,"Sid":7`), `Statement[0].Sid: must be a string`},
		{Identity, doc(readAll + `,"` + strings.Repeat("x", 500) + `":7`), `Statement[0].` + strings.Repeat("x", 64) + `…: is no element of a statement`},

		{Identity, when(`[]`), `Statement[0].Condition: must be an object of operators`},
		{Identity, when(`{"StringSoundsLike":{"a":"b"}}`), `Statement[0].Condition.StringSoundsLike: is no condition operator`},
		{Identity, when(`{"StringEqualsIfExists":{"a":"b"}}`), `Statement[0].Condition.StringEqualsIfExists: is no condition operator`},
		{Identity, when(`{"ForAllValues:StringEquals":{"a":"b"}}`), `Statement[0].Condition.ForAllValues:StringEquals: is no condition operator`},
		{Identity, when(`{"Null":{"a":"true"}}`), `Statement[0].Condition.Null: is no condition operator`},
		{Identity, when(`{"StringEquals":"a"}`), `Statement[0].Condition.StringEquals: must be an object of condition keys`},
		{Identity, when(`{"StringEquals":{}}`), `Statement[0].Condition.StringEquals: must be an object of condition keys`},
		{Identity, when(`{"StringEquals":{"":"a"}}`), `Statement[0].Condition.StringEquals.: is no condition key`},
		{Identity, when(`{"StringEquals":{"oss:Prefix":[]}}`), `Statement[0].Condition.StringEquals.oss:Prefix: must not be an empty list`},
		{Identity, when(`{"StringEquals":{"oss:Prefix":null}}`), `Statement[0].Condition.StringEquals.oss:Prefix: must be a value or a list of values`},
		{Identity, when(`{"StringEquals":{"oss:Prefix":["a",{}]}}`), `Statement[0].Condition.StringEquals.oss:Prefix: must be a value or a list of values`},
		{Identity, when(`{"StringEquals":{"a":"b","a":"c"}}`), `Statement[0].Condition.StringEquals.a: is there twice`},
		{Identity, when(`{"NumericEquals":{"a":["1","one"]}}`), `Statement[0].Condition.NumericEquals.a[1]: must be a decimal number`},
		{Identity, when(`{"NumericEquals":{"a":"0x10"}}`), `Statement[0].Condition.NumericEquals.a: must be a decimal number`},
		{Identity, when(`{"NumericEquals":{"a":"1_0"}}`), `Statement[0].Condition.NumericEquals.a: must be a decimal number`},
		{Identity, when(`{"NumericEquals":{"a":"1e999"}}`), `Statement[0].Condition.NumericEquals.a: must be a decimal number`},
		{Identity, when(`{"NumericEquals":{"a":""}}`), `Statement[0].Condition.NumericEquals.a: must be a decimal number`},
		{Identity, when(`{"DateLessThan":{"a":"tomorrow"}}`), `Statement[0].Condition.DateLessThan.a: must be an ISO 8601 date`},
		{Identity, when(`{"DateLessThan":{"a":"2026-02-30"}}`), `Statement[0].Condition.DateLessThan.a: must be an ISO 8601 date`},
		{Identity, when(`{"Bool":{"a":"yes"}}`), `Statement[0].Condition.Bool.a: must be true or false`},
		{Identity, when(`{"Bool":{"a":"https"}}`), `Statement[0].Condition.Bool.a: must be true or false`},
		{Identity, when(`{"Bool":{"acs:SecureTransport":"TLS"}}`), `Statement[0].Condition.Bool.acs:SecureTransport: must be true, false, HTTP or HTTPS`},
		{Identity, when(`{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","10.0.0.256"]}}`), `Statement[0].Condition.IpAddress.acs:SourceIp[1]: must be an IP address`},
		{Identity, when(`{"IpAddress":{"acs:SourceIp":"10.0.0.0/33"}}`), `Statement[0].Condition.IpAddress.acs:SourceIp: must be an IP address`},
		{Identity, when(`{"IpAddress":{"acs:SourceIp":"host-*"}}`), `Statement[0].Condition.IpAddress.acs:SourceIp: must be an IP address`},

		{Trust, doc(assumable), `Statement[0].Principal: is missing`},
		{Trust, doc(assumable + `,"Principal":{"RAM":"acs:ram::1:root"},"Resource":"*"`), `Statement[0].Resource: is not allowed in a trust policy`},
		{Trust, doc(`"Effect":"Allow","NotAction":"a:b","Principal":{"RAM":"acs:ram::1:root"}`), `Statement[0].NotAction: is not allowed in a trust policy`},
		{Trust, trust(`"*"`), `Statement[0].Principal: must be an object with RAM, Service or Federated`},
		{Trust, trust(`{}`), `Statement[0].Principal: must be an object with RAM, Service or Federated`},
		{Trust, trust(`{"AWS":"x"}`), `Statement[0].Principal.AWS: is no kind of principal`},
		{Trust, trust(`{"RAM":[]}`), `Statement[0].Principal.RAM: must not be an empty list`},
		{Trust, trust(`{"RAM":["acs:ram::1:root","*"]}`), `Statement[0].Principal.RAM[1]: must be acs:ram::ACCOUNT:root`},
		{Trust, trust(`{"RAM":"acs:ram::*:root"}`), `Statement[0].Principal.RAM: must be acs:ram::ACCOUNT:root`},
		{Trust, trust(`{"RAM":"acs:ram::1:role/*"}`), `Statement[0].Principal.RAM: must be acs:ram::ACCOUNT:root`},
		{Trust, trust(`{"RAM":"acs:ram::1:group/g"}`), `Statement[0].Principal.RAM: must be acs:ram::ACCOUNT:root`},
		{Trust, trust(`{"RAM":"acs:ram::1:user/"}`), `Statement[0].Principal.RAM: must be acs:ram::ACCOUNT:root`},
		{Trust, trust(`{"Service":"*"}`), `Statement[0].Principal.Service: must be the name of a service`},
		{Trust, trust(`{"Federated":"acs:ram::1:user/x"}`), `Statement[0].Principal.Federated: must be acs:ram::ACCOUNT:saml-provider/NAME`},

		{Bucket, doc(readAll + `,"Principal":{"RAM":["x"]}`), `Statement[0].Principal: must be a string or a list of strings`},
		{Bucket, doc(readAll + `,"Principal":["*",7]`), `Statement[0].Principal: must be a string or a list of strings`},
		{Bucket, doc(readAll + `,"Principal":["acs:ram::1:user/x"]`), `Statement[0].Principal[0]: must be the number of an account or user`},
		{Bucket, doc(readAll + `,"Principal":""`), `Statement[0].Principal: must not be empty`},
		{Bucket, doc(readAll + `,"NotPrincipal":["1"]`), `Statement[0].NotPrincipal: is no element of a statement`},
	} {
		_, err := Parse(c.kind, c.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.120s: got %v, want %s", c.text, err, c.want)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.120s:\ngot  %v\nwant %s…", c.text, err, c.want)
		}
	}
}

func TestSyntaxErrorPlace(t *testing.T) {
	text := "{\n  \"Version\": \"1\",\n  \"Statement\": [{\"Sid\": \"键\", \"Effect\": \"allow\"}]\n}"
	_, err := Parse(Identity, text)
	want := SyntaxError{Path: "Statement[0].Effect", Line: 3, Column: 40, Message: "must be Allow or Deny"}
	var got *SyntaxError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got.Error() != "Statement[0].Effect: must be Allow or Deny (line 3, column 40)" {
		t.Error(got)
	}
}

func TestParseAccepts(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		text, want string // want as String prints it; empty: as text
	}{
		{Identity, doc(readAll), `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*"],"Resource":["*"]}]}`},
		{Session, ` {"Statement" : {"Resource":["*"],"NotAction":"OSS:delete?*","Effect":"Deny"}, "Version":"1"}` + "\n",
			`{"Version":"1","Statement":[{"Effect":"Deny","NotAction":["OSS:delete?*"],"Resource":["*"]}]}`},
		{Identity, doc(`"Sid":"a<b","Effect":"Allow","Action":["*"],"Resource":["acs:oss:*:*:b/é\u0001"]`),
			`{"Version":"1","Statement":[{"Sid":"a<b","Effect":"Allow","Action":["*"],"Resource":["acs:oss:*:*:b/é\u0001"]}]}`},
		{Identity, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{}`),
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}`},
		{Identity, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{"NumericLessThan":{"a":365,"b":[1.50,"2"]},"Bool":{"acs:SecureTransport":true}}`),
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{"NumericLessThan":{"a":["365"],"b":["1.50","2"]},"Bool":{"acs:SecureTransport":["true"]}}}]}`},
		{Bucket, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"]`), ""}, // no Principal
		{Bucket, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":["*"]`), ""},
		{Bucket, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":[]`),
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":["*"]}]}`},
		{Bucket, doc(`"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":["1234567890","arn:sts::1:assumed-role/r/*","[12]"]`), ""},
		{Trust, doc(`"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"Service":["ecs.aliyuncs.com","1@oss.aliyuncs.com"],"RAM":["acs:ram::1:root","acs:ram::1:user/a@b"],"Federated":["acs:ram::1:oidc-provider/p"]}`), ""},
	} {
		d, err := Parse(c.kind, c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		want := c.want
		if want == "" {
			want = c.text
		}
		if d.String() != want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, d, want)
		}
		if d.Text() != c.text || d.Kind() != c.kind {
			t.Errorf("kind %v, text %q; want %v, %q", d.Kind(), d.Text(), c.kind, c.text)
		}
	}
}

// FuzzParse: what is accepted must mean the same when printed and read again, and
// whatever is read takes no more of the heap than TestParseIsBounded grants.
func FuzzParse(f *testing.F) {
	f.Add(0, doc(readAll+`,"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","10.*"]},"DateLessThan":{"a":"2026-01-01"}}`))
	f.Add(1, doc(`"Sid":"s","Effect":"Deny","NotAction":["*:*"],"Resource":["acs:oss::1:b/?"]`))
	f.Add(2, doc(assumable+`,"Principal":{"RAM":["acs:ram::1:role/r"],"Service":"x.y"}`))
	f.Add(3, doc(readAll+`,"Principal":["*","1","arn:sts::1:assumed-role/r/*"]`))
	f.Fuzz(func(t *testing.T, kind int, text string) {
		k := Kind(uint(kind) % 4)
		d, err, taken := parseMeasured(k, text)
		if limit := uint64(64*len(text) + 1<<20); taken > limit {
			t.Fatalf("took %d bytes for %d", taken, len(text))
		}
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Message == "" || len(err.Error()) > 4096 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		printed := d.String()
		again, err := Parse(k, printed)
		if len(printed) > maxText {
			return // printing wraps single values in lists
		}
		if err != nil {
			t.Fatalf("%s\nprinted as %s\nis refused: %v", text, printed, err)
		}
		if !slices.Equal(meaning(d), meaning(again)) || again.String() != printed {
			t.Fatalf("%s\nmeans something else when printed: %s", text, printed)
		}
		d.NormalizedText()
		Decide(Request{Principal: alice, Owner: ours, Action: "oss:GetObject", Resource: "acs:oss:r:1:b/k", Class: Data, Session: d, BucketPolicy: d, Identity: []Attached{{Document: d}}})
		DecideTrust(d, alice, nil)
	})
}

// meaning renders statements for comparison. Relations are functions and cannot
// be compared, so tests go by their values.
func meaning(d *Document) []string {
	var list []string
	for _, s := range d.statements {
		text := fmt.Sprintf("%q %v %v %+v %+v %+v %v", s.sid, s.effect, s.notAction, s.actions, s.resources, s.principals, s.public)
		for _, c := range s.conditions {
			text += fmt.Sprintf(" %s %s %s %q %v %v", c.operator, c.name, c.key, c.values, c.negated, testValues(c.test))
		}
		list = append(list, text)
	}
	return list
}

func testValues(t test) any {
	switch t := t.(type) {
	case numericRelation:
		return t.values
	case dateRelation:
		return fmt.Sprint(t.values)
	case boolEquals:
		return t.values
	case inRange:
		var list []string
		for _, r := range t {
			if r.like != nil {
				list = append(list, fmt.Sprintf("%+v", *r.like))
			} else {
				list = append(list, r.prefix.String())
			}
		}
		return list
	}
	return t
}
