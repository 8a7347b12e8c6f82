//go:build conformance

package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const signURL = "python/sign_url.py"

// names are those of the parameters by which a signature version does its work.
type names struct{ key, expires, signature string }

var versions = map[string]names{
	"v1": {key: "OSSAccessKeyId", expires: "Expires", signature: "Signature"},
	"v4": {key: "x-oss-credential", expires: "x-oss-expires", signature: "x-oss-signature"},
}

// TestSignedURL changes URLs that oss2 signed, one thing at a time, and lets one expire.
func TestSignedURL(t *testing.T) {
	tg := newTarget(t)
	tg.python(t, tg.people.user, stsUpload)
	for version, names := range versions {
		t.Run(version, func(t *testing.T) {
			t.Run("expires", func(t *testing.T) {
				t.Parallel()
				testExpiry(t, tg, version)
			})
			link := tg.python(t, tg.people.owner, signURL, version, objectKey, "60")
			if got := fetch(t, "GET", link, nil); got.status != 200 || got.body != objectContent {
				t.Fatalf("unchanged: %+v, want 200 with %q", got, objectContent)
			}
			testChanges(t, link, names)
		})
	}
}

func testExpiry(t *testing.T, tg target, version string) {
	link := tg.python(t, tg.people.owner, signURL, version, objectKey, "2")
	if got := fetch(t, "GET", link, nil); got.status != 200 {
		t.Fatalf("at once: %+v, want 200", got)
	}
	// Seconds are whole in the URL and it is valid through the last one.
	time.Sleep(3100 * time.Millisecond)
	if got := fetch(t, "GET", link, nil); got.status != 403 || got.code != "AccessDenied" || !strings.Contains(got.body, "Request has expired.") {
		t.Errorf("after its expiry: %+v, want 403 AccessDenied", got)
	}
}

// testChanges expects every change of a valid GET URL to be refused.
func testChanges(t *testing.T, link string, names names) {
	tests := []struct {
		name   string
		change func(*url.URL, url.Values)
		method string // GET if empty
		header http.Header
		want   string
	}{
		{name: "signature", change: func(_ *url.URL, q url.Values) { flipFirst(q, names.signature) }, want: "SignatureDoesNotMatch"},
		{name: "expiry", change: func(_ *url.URL, q url.Values) { q.Set(names.expires, "9"+q.Get(names.expires)[1:]) }, want: "SignatureDoesNotMatch"},
		{name: "unknown access key", change: func(_ *url.URL, q url.Values) { flipFirst(q, names.key) }, want: "InvalidAccessKeyId"},
		{name: "object", change: func(u *url.URL, _ url.Values) { u.Path += "x" }, want: "SignatureDoesNotMatch"},
		{name: "added parameter", change: func(_ *url.URL, q url.Values) { q.Set("response-content-type", "text/html") }, want: "SignatureDoesNotMatch"},
		{name: "added signed header", header: http.Header{"X-Oss-Meta-A": {"b"}}, want: "SignatureDoesNotMatch"},
		{name: "added content type", header: http.Header{"Content-Type": {"text/html"}}, want: "SignatureDoesNotMatch"},
		{name: "HEAD", method: "HEAD", want: "SignatureDoesNotMatch"},
		{name: "PUT", method: "PUT", want: "SignatureDoesNotMatch"},
		{name: "DELETE", method: "DELETE", want: "SignatureDoesNotMatch"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				query := changed.Query()
				test.change(changed, query)
				changed.RawQuery = query.Encode()
			}
			method := test.method
			if method == "" {
				method = "GET"
			}
			if got := fetch(t, method, changed.String(), test.header); got.status != 403 || got.code != test.want {
				t.Errorf("%+v, want 403 %s", got, test.want)
			}
		})
	}
	if got := fetch(t, "GET", link, nil); got.body != objectContent {
		t.Errorf("the object after all that: %+v", got)
	}
}

// flipFirst changes the first character of a parameter to another one that is valid in
// hexadecimal, in base64 and in a key.
func flipFirst(query url.Values, name string) {
	value, first := query.Get(name), "a"
	if strings.HasPrefix(value, first) {
		first = "b"
	}
	query.Set(name, first+value[1:])
}
