package signature

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzParseForm: nothing panics, an error is an *Error, no made-up signature is
// accepted, and what SignForm signs verifies, but for no other policy.
func FuzzParseForm(f *testing.F) {
	f.Add("", "", "", "", "")
	f.Add(somePolicy, "", permanent.AccessKeyID, "kdIWW6fSHqzoAWeMB8hi/Og9zDs=", "")
	f.Add(somePolicy, algorithmV2, permanent.AccessKeyID, "kdIWW6fSHqzoAWeMB8hi", "")
	f.Add(somePolicy, algorithmV4, "a/20261124/cn-hangzhou/oss/aliyun_v4_request", strings.Repeat("0", 64), "20261124T082031Z")
	f.Fuzz(func(t *testing.T, policy, version, key, signature, date string) {
		form := formOf{}
		for name, value := range map[string]string{
			"policy": policy, "x-oss-signature-version": version, "x-oss-date": date,
			"ossaccesskeyid": key, "x-oss-access-key-id": key, "x-oss-credential": key,
			"signature": signature, "x-oss-signature": signature,
		} {
			if value != "" { // the fuzzer writes absence so
				form[name] = value
			}
		}
		c, err := ParseForm(form.field)
		if _, ok := err.(*Error); err != nil && (!ok || c != nil) {
			t.Fatalf("%+v, %T", c, err)
		}
		if c == nil && err == nil && (policy != "" || key != "" || signature != "") {
			t.Fatalf("%v is taken for anonymous", form)
		}
		if c != nil {
			_ = c.CheckScope(testRegion) // may well refuse; what matters is that nothing panics
			_ = c.CheckTime(testNow)
			if err := c.VerifyForm(policy, "a secret that no seed was signed with", nil); err == nil {
				t.Fatalf("%+v is accepted", c)
			}
		}
		for _, scheme := range formSchemes {
			fields, err := SignForm(scheme, policy, permanent, testRegion, testNow)
			if err != nil {
				t.Fatal(err)
			}
			form := formOfFields(fields)
			if _, err := authenticateForm(form, testKeys, nil, testRegion, testNow); err != nil {
				t.Fatalf("%s: %s", scheme, describe(err))
			}
			form["policy"] += "A"
			if _, err := authenticateForm(form, testKeys, nil, testRegion, testNow); err == nil {
				t.Fatalf("%s: accepted with another policy", scheme)
			}
		}
	})
}

// FuzzParseACS3: nothing panics, an error is an *RPCError, no made-up signature
// is accepted, and what SignACS3 signs verifies, but for no other request.
func FuzzParseACS3(f *testing.F) {
	f.Add("", "", "", "", "", "", "")
	f.Add("UserName=bob&Comments", "CreateUser", "2015-05-01", "2026-11-24T08:20:31Z",
		"ACS3-HMAC-SHA256 Credential=a,SignedHeaders="+strings.Join(acs3Required[:], ";")+",Signature="+strings.Repeat("0", 64), "a=b", "a=c")
	f.Fuzz(func(t *testing.T, query, action, version, date, authorization, body, other string) {
		header := http.Header{
			"X-Acs-Action": {action}, "X-Acs-Version": {version}, headerACSDate: {date},
			headerACSNonce: {"n"}, headerACSBody: {"e3b0"}, "Authorization": {authorization},
		}
		r, err := NewRequest("POST", "127.0.0.1", "/?"+query, header)
		if err != nil {
			return
		}
		c, err := ParseACS3(r, []byte(body))
		if _, ok := err.(*RPCError); err != nil && (!ok || c != nil) {
			t.Fatalf("%+v, %T", c, err)
		}
		if err == nil {
			_ = c.CheckTime(testNow) // may well refuse; what matters is that nothing panics
			if c.Verify("a secret that no seed was signed with") == nil {
				t.Fatalf("%+v is accepted", c)
			}
		}
		SignACS3(r, []byte(body), permanent, testNow, "n")
		if err := serveACS3(r, []byte(body), permanent.Secret, testNow); err != nil {
			t.Fatal(err)
		}
		if body != other && serveACS3(r, []byte(other), permanent.Secret, testNow) == nil {
			t.Fatalf("the signature of body %q is accepted for %q", body, other)
		}
		if r.Query, err = ParseQuery(other); err != nil {
			return
		}
		if want, err := ParseQuery(query); err == nil && serveACS3(r, []byte(body), permanent.Secret, testNow) == nil &&
			!slices.Equal(sorted(want), sorted(r.Query)) {
			t.Fatalf("the signature of query %q is accepted for %q", query, other)
		}
	})
}

// FuzzTransplant puts the signature of one request on another. Where every
// parameter is signed, both must mean the same if that is accepted.
func FuzzTransplant(f *testing.F) {
	f.Add("/k", "acl", "v", "/k", "acl=", "v")
	f.Add("/a/b", "a=1&b=2", "", "/a%2Fb", "b=2&a=1", " ")
	f.Add("/a%3Facl", "", "x", "/a?acl", "", "x")
	f.Add("/k", "a=1&a=2&prefix=", "x", "/k", "a=2&a=1&prefix", "x")
	f.Fuzz(func(t *testing.T, path, query, meta, otherPath, otherQuery, otherMeta string) {
		build := func(path, query, meta string) (*Request, bool) {
			header := http.Header{"X-Oss-Meta-A": {meta}, "X-Oss-Date": {testNow.Format(isoBasic)}, headerPayload: {unsignedPayload}}
			r, err := NewRequest("GET", "examplebucket.oss-cn-hangzhou.aliyuncs.com", path+"?"+query, header)
			return r, err == nil && !hasQueryCredentials(r.Query)
		}
		for _, scheme := range []Scheme{V2Header, V4Header} {
			a, ok1 := build(path, query, meta)
			b, ok2 := build(otherPath, otherQuery, otherMeta)
			if !ok1 || !ok2 {
				return
			}
			candidates, err := vectorDomains.Resolve(a)
			if err != nil {
				return
			}
			signDated(t, scheme, a, candidates[0])
			res, err := authenticate(vectorDomains, a, testKeys, nil, testRegion, testNow)
			if err != nil || res != candidates[0] {
				t.Fatalf("%s: %+v, %s", scheme, res, describe(err))
			}
			b.Header.Set("Authorization", a.Header.Get("Authorization"))
			got, err := authenticate(vectorDomains, b, testKeys, nil, testRegion, testNow)
			if err == nil && (got != res || !slices.Equal(sorted(a.Query), sorted(b.Query)) || trim(meta) != trim(otherMeta)) {
				t.Fatalf("%s: the signature of %q %q %q is accepted for %q %q %q", scheme, path, query, meta, otherPath, otherQuery, otherMeta)
			}
		}
	})
}

// signDated signs r, whose date is in x-oss-date whatever the scheme.
func signDated(t *testing.T, scheme Scheme, r *Request, res Resource) {
	t.Helper()
	rules := schemeNamed(scheme)
	c := &Claim{Scheme: scheme, AccessKeyID: permanent.AccessKeyID}
	if err := c.setScopeV4(testRegion, testNow); err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	rules.canonical(s, c, r, res, strict)
	key := newMACKey(rules.newHash, rules.deriveKey(c, permanent.Secret))
	rules.attach(r, c, rules.encode(key.sum(nil, s.text)))
}

// sorted is what a query means: its parameters by name, repeated ones in order.
func sorted(q Query) Query {
	q = slices.Clone(q)
	for i := range q {
		q[i].Bare = false
	}
	slices.SortStableFunc(q, func(x, y Param) int { return strings.Compare(x.Name, y.Name) })
	return q
}
