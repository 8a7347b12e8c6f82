package diagnose

import (
	"net/http"
	"strings"
	"testing"

	"ossd/protocol/signature"
)

// FuzzDiagnose: whatever is asked, there is an answer, it says of no request that
// it matches without the signature being right, and it keeps the secret.
func FuzzDiagnose(f *testing.F) {
	f.Add("GET", host, "/a?OSSAccessKeyId=LTAIdiagnoseTestKey0001&Expires=1&Signature=a", "", "")
	f.Add("PUT", "photos.example.com", "//a%2Fb?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=LTAIdiagnoseTestKey0001%2F20261124%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date=20261124T120000Z&x-oss-expires=1&x-oss-signature=00&x-oss-additional-headers=host", "", "a/b")
	f.Add("GET", "h", "/b", "OSS LTAIdiagnoseTestKey0001:AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "")
	f.Add("GET", "h:1", "/b?acl", "OSS4-HMAC-SHA256 Credential=LTAIdiagnoseTestKey0001/20261124/r/oss/aliyun_v4_request,Signature=AB", "x")
	f.Fuzz(func(t *testing.T, method, host, target, authorization, contentType string) {
		header := http.Header{"X-Oss-Content-Sha256": {"UNSIGNED-PAYLOAD"}, "X-Oss-Date": {"20261124T120000Z"}}
		if authorization != "" {
			header.Set("Authorization", authorization)
		}
		if contentType != "" {
			header.Set("Content-Type", contentType)
		}
		r, err := signature.NewRequest(method, host, target, header)
		if err != nil {
			return
		}
		d := diagnosed(r, noon)
		if d.Matches {
			t.Errorf("it matches: %+v", d)
		}
		for _, c := range d.Causes {
			if strings.Contains(c.Expected+c.Signed+c.Sentence, own.Secret) {
				t.Errorf("the secret is in %+v", c)
			}
		}
	})
}

// FuzzRefusal: any error body is read or refused, and a readable form is written as it was.
func FuzzRefusal(f *testing.F) {
	f.Add("GET\n\n\nTue, 24 Nov 2026 12:00:00 GMT\nx-oss-meta-a:b\n/b/k?acl&x-oss-process=a", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("GET\n\n\n1\n\n%2Fb%2Fk?a=b", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("OSS4-HMAC-SHA256\n20261124T120000Z\n20261124/r/oss/aliyun_v4_request\n00", "GET\n/b/k\na=b\nhost:h\n\nhost\nUNSIGNED-PAYLOAD", "00")
	f.Fuzz(func(t *testing.T, text, request, provided string) {
		if text == "" {
			return // there is nothing to diagnose
		}
		r := &Refusal{Code: "SignatureDoesNotMatch", AccessKeyID: own.AccessKeyID, SignatureProvided: provided, StringToSign: text, CanonicalRequest: request}
		if got, _ := r.sheet().compose(); got != text {
			t.Errorf("%q became %q", text, got)
		}
		r.Diagnose(Input{Domains: domains, Region: region, Now: noon, Secrets: []Secret{{own.AccessKeyID, own.Secret}}})
	})
}

// FuzzReadRequest: any text is a request or an error, and a request has a target that signatures can be computed of.
func FuzzReadRequest(f *testing.F) {
	f.Add("GET / HTTP/1.1\nHost: h\n\n", "http://h/a?b#c", "A: b")
	f.Add("> PUT /a HTTP/2\n> Host: h\n>\n", "https://h?x", "Host: g")
	f.Fuzz(func(t *testing.T, text, url, headers string) {
		if r, err := ReadRequest([]byte(text)); err == nil && r.RequestURI == "" {
			t.Errorf("%q has no target", text)
		}
		if r, err := NewRequest("GET", url, headers); err == nil && (r.RequestURI == "" || r.Method != "GET") {
			t.Errorf("%q became %s %q", url, r.Method, r.RequestURI)
		}
	})
}
