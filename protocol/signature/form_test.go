package signature

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// formOf is a form as a caller of ParseForm holds it: names in lower case.
type formOf map[string]string

func newForm(fields map[string]string) formOf {
	form := formOf{}
	for name, value := range fields {
		form[strings.ToLower(name)] = value
	}
	return form
}

func formOfFields(fields []Field) formOf {
	form := formOf{}
	for _, f := range fields {
		form[strings.ToLower(f.Name)] = f.Value
	}
	return form
}

func (f formOf) field(name string) (string, bool) {
	value, ok := f[name]
	return value, ok
}

// authenticateForm does what a server does before it looks into the policy.
func authenticateForm(f formOf, k *keyring, keys *KeyCache, region string, now time.Time) (*Claim, error) {
	c, err := ParseForm(f.field)
	if err != nil || c == nil {
		return c, err
	}
	if err := c.CheckScope(region); err != nil {
		return nil, err
	}
	if err := c.CheckTime(now); err != nil {
		return nil, err
	}
	secret, err := k.secretOf(c, now)
	if err != nil {
		return nil, err
	}
	return c, c.VerifyForm(f["policy"], secret, keys)
}

// TestFormVectors: the signature is right in all of them but the two that lack
// a field; what their policies say is tested where policies are read.
func TestFormVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/oss-post-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		vector
		Fields map[string]string `json:"form_fields"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	keys := NewKeyCache(8)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			for range 2 { // the second time from the cache
				c, err := authenticateForm(newForm(v.Fields), v.keyring(), keys, v.Region, v.Now)
				if v.Expect.Code == "InvalidArgument" {
					wantError(t, err, "InvalidArgument", "")
					continue
				}
				if err != nil {
					t.Fatal(describe(err))
				}
				if c == nil || c.Scheme != v.Scheme || c.AccessKeyID != v.AccessKeyID || c.SecurityToken != v.SecurityToken {
					t.Errorf("claim %+v, want %s of %s", c, v.Scheme, v.AccessKeyID)
				}
			}
		})
	}
}

var formSchemes = []Scheme{V1Form, V2Form, V4Form}

const somePolicy = "eyJleHBpcmF0aW9uIjoiMjA5OS0wMS0wMVQwMDowMDowMFoiLCJjb25kaXRpb25zIjpbXX0="

func signedForm(t testing.TB, scheme Scheme, cred Credentials) formOf {
	t.Helper()
	fields, err := SignForm(scheme, somePolicy, cred, testRegion, testNow)
	if err != nil {
		t.Fatal(err)
	}
	return formOfFields(fields)
}

func TestSignForm(t *testing.T) {
	for _, scheme := range formSchemes {
		for _, cred := range []Credentials{permanent, temporary} {
			form := signedForm(t, scheme, cred)
			if _, err := authenticateForm(form, testKeys, nil, testRegion, testNow); err != nil {
				t.Errorf("%s: %s", scheme, describe(err))
			}
			prepared, err := PrepareForm(scheme, cred, testRegion, testNow)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range prepared {
				if form[strings.ToLower(f.Name)] != f.Value {
					t.Errorf("%s: field %s was to be %q and is %q", scheme, f.Name, f.Value, form[strings.ToLower(f.Name)])
				}
			}
			if len(form) != len(prepared)+2 {
				t.Errorf("%s: fields %v beside policy and signature were not announced: %v", scheme, form, prepared)
			}
			form["policy"] += "\n"
			_, err = authenticateForm(form, testKeys, nil, testRegion, testNow)
			e := wantError(t, err, "SignatureDoesNotMatch", "0002-00000705")
			if !slices.Contains(e.Fields, Field{"StringToSign", somePolicy + "\n"}) {
				t.Errorf("%s: StringToSign is not the policy: %v", scheme, e.Fields)
			}
		}
	}
	for _, scheme := range append(allSchemes, RPCV1, "") {
		if _, err := SignForm(scheme, somePolicy, permanent, testRegion, testNow); err == nil {
			t.Errorf("%s signed a form", scheme)
		}
	}
	if _, err := SignForm(V4Form, somePolicy, permanent, "", testNow); err == nil {
		t.Error("V4 signed without a region")
	}
	if _, err := SignForm(V1Form, somePolicy, Credentials{AccessKeyID: "a/b"}, "", testNow); err == nil {
		t.Error("an unusable access key signed")
	}
}

func TestFormRefusals(t *testing.T) {
	without := func(names ...string) func(formOf) {
		return func(f formOf) {
			for _, name := range names {
				delete(f, name)
			}
		}
	}
	with := func(name, value string) func(formOf) { return func(f formOf) { f[name] = value } }
	for _, tt := range []struct {
		name     string
		scheme   Scheme
		change   func(formOf)
		code, ec string
	}{
		{"no policy", V1Form, without("policy"), "InvalidArgument", "0002-00000702"},
		{"no policy", V2Form, without("policy"), "InvalidArgument", "0002-00000702"},
		{"no policy", V4Form, without("policy"), "InvalidArgument", "0002-00000702"},
		{"no signature", V1Form, without("signature"), "InvalidArgument", "0002-00000703"},
		{"no signature", V2Form, without("x-oss-signature"), "InvalidArgument", "0002-00000703"},
		{"no signature", V4Form, without("x-oss-signature"), "InvalidArgument", "0002-00000703"},
		{"signature empty", V1Form, with("signature", ""), "InvalidArgument", "0002-00000704"},
		{"signature empty", V4Form, with("x-oss-signature", ""), "InvalidArgument", "0002-00000704"},
		{"no key", V1Form, without("ossaccesskeyid"), "InvalidArgument", "0002-00000706"},
		{"no key", V2Form, without("x-oss-access-key-id"), "InvalidArgument", "0002-00000706"},
		{"no key", V4Form, without("x-oss-credential"), "InvalidArgument", "0002-00000706"},
		{"key empty", V1Form, with("ossaccesskeyid", ""), "InvalidArgument", "0002-00000707"},
		{"key empty", V4Form, with("x-oss-credential", ""), "InvalidArgument", "0002-00000707"},
		{"policy alone", V1Form, without("ossaccesskeyid", "signature"), "InvalidArgument", "0002-00000703"},
		{"key alone", V1Form, without("policy", "signature"), "InvalidArgument", "0002-00000702"},
		{"signature alone", V1Form, without("policy", "ossaccesskeyid"), "InvalidArgument", "0002-00000702"},
		{"version alone", V2Form, without("policy", "x-oss-access-key-id", "x-oss-signature"), "InvalidArgument", "0002-00000702"},
		{"unknown version", V4Form, with("x-oss-signature-version", "OSS5"), "InvalidArgument", "0002-00000701"},
		{"version empty", V4Form, with("x-oss-signature-version", ""), "InvalidArgument", "0002-00000701"},
		{"version in lower case", V2Form, with("x-oss-signature-version", "oss2"), "InvalidArgument", "0002-00000701"},
		{"no version", V4Form, without("x-oss-signature-version"), "InvalidArgument", "0002-00000701"},
		{"no version", V2Form, without("x-oss-signature-version"), "InvalidArgument", "0002-00000701"},
		{"V1 is not V2", V1Form, with("x-oss-signature-version", "OSS2"), "InvalidArgument", "0002-00000703"},
		{"key characters", V1Form, with("ossaccesskeyid", "a\tb"), "InvalidAccessKeyId", "0002-00000708"},
		{"key characters", V4Form, with("x-oss-credential", "a\tb/20261124/cn-hangzhou/oss/aliyun_v4_request"), "InvalidAccessKeyId", "0002-00000708"},
		{"credential", V4Form, with("x-oss-credential", permanent.AccessKeyID), "InvalidArgument", "0002-00000710"},
		{"credential of S3", V4Form, with("x-oss-credential", "a/20261124/cn-hangzhou/oss/aws4_request"), "InvalidArgument", "0002-00000710"},
		{"day", V4Form, with("x-oss-credential", "a/2026112/cn-hangzhou/oss/aliyun_v4_request"), "InvalidArgument", "0002-00000709"},
		{"no date", V4Form, without("x-oss-date"), "InvalidArgument", "0002-00000709"},
		{"date", V4Form, with("x-oss-date", "2026-11-24T08:20:31Z"), "InvalidArgument", "0002-00000709"},
		{"date as in headers", V4Form, with("x-oss-date", "Tue, 24 Nov 2026 08:20:31 GMT"), "InvalidArgument", "0002-00000709"},
		{"other day", V4Form, with("x-oss-date", "20261123T235959Z"), "InvalidArgument", "0002-00000709"},
		{"ahead", V4Form, with("x-oss-date", "20261124T083532Z"), "AccessDenied", "0002-00000709"},
		{"region", V4Form, with("x-oss-credential", permanent.AccessKeyID+"/20261124/cn-shanghai/oss/aliyun_v4_request"), "InvalidArgument", "0002-00000226"},
		{"product", V4Form, with("x-oss-credential", permanent.AccessKeyID+"/20261124/cn-hangzhou/s3/aliyun_v4_request"), "InvalidArgument", "0002-00000227"},
		{"other signature", V1Form, with("signature", "kdIWW6fSHqzoAWeMB8hi/Og9zDs="), "SignatureDoesNotMatch", "0002-00000705"},
		{"no such signature", V4Form, with("x-oss-signature", "x"), "SignatureDoesNotMatch", "0002-00000705"},
		{"long token", V2Form, with("x-oss-security-token", strings.Repeat("x", maxTokenSize+1)), "InvalidSecurityToken", "0002-00000006"},
	} {
		t.Run(tt.name+" "+string(tt.scheme), func(t *testing.T) {
			form := signedForm(t, tt.scheme, permanent)
			tt.change(form)
			_, err := authenticateForm(form, testKeys, nil, testRegion, testNow)
			e := wantError(t, err, tt.code, tt.ec)
			if strings.Contains(e.Error(), permanent.AccessKeyID) {
				t.Errorf("the error text, which is logged, repeats the form: %v", e)
			}
		})
	}
}

func TestAnonymousForm(t *testing.T) {
	for _, form := range []formOf{
		{},
		{"key": "k", "file": "x"},
		{"x-oss-security-token": "t", "x-oss-date": "20261124T082031Z"}, // prove nothing
	} {
		if c, err := ParseForm(form.field); c != nil || err != nil {
			t.Errorf("%v: %+v, %v, want anonymous", form, c, err)
		}
	}
}

// TestFormEcho: a policy may have two mebibytes, an error body must not.
func TestFormEcho(t *testing.T) {
	form := signedForm(t, V1Form, permanent)
	form["policy"] = strings.Repeat("A", 1<<20)
	_, err := authenticateForm(form, testKeys, nil, testRegion, testNow)
	size := 0
	for _, f := range wantError(t, err, "SignatureDoesNotMatch", "").Fields {
		size += len(f.Value)
	}
	if size > 5*maxEcho {
		t.Errorf("the error holds %d bytes", size)
	}
}

func TestVerifyFormIsForForms(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a claim of a header was verified as that of a form")
		}
	}()
	_ = (&Claim{Scheme: V1Header}).VerifyForm("", "", nil)
}
