package oss_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

func persistent(name, value string) string {
	return name + ":" + base64.StdEncoding.EncodeToString([]byte(value))
}

// putPersistent stores an object with further headers, and returns the verdict.
func putPersistent(t *testing.T, s *ossdtest.Server, value string, metadata int) string {
	t.Helper()
	h := http.Header{"X-Oss-Persistent-Headers": {value}}
	if metadata > 0 {
		h.Set("X-Oss-Meta-A", strings.Repeat("m", metadata-1))
	}
	return verdict(handle(t, s, request{method: "PUT", target: "/demo/p", header: h, scheme: signature.V4Header}))
}

// No header that the server sends, that a connection has a use for, or that
// speaks for more than the object, can be stored with one.
func TestReservedHeaders(t *testing.T) {
	s, _ := serveObject(t)
	const kept, refused = "OK", "Bad Request InvalidArgument"
	if got := putPersistent(t, s, persistent("X-Custom", "v"), 1); got != kept {
		t.Fatal(got)
	}
	names := []string{
		"Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-MD5", "Content-Security-Policy", "Transfer-Encoding",
		"Connection", "Keep-Alive", "Trailer", "Upgrade", "TE", "Proxy-Authenticate", "Proxy-Connection", "Server", "Date", "ETag", "Last-Modified", "Expires",
		"Cache-Control", "Accept-Ranges", "Location", "Vary", "Age", "Host", "Origin", "Range", "If-Match", "Authorization", "Cookie", "Set-Cookie", "WWW-Authenticate",
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Cross-Origin-Opener-Policy", "Strict-Transport-Security", "Clear-Site-Data",
		"Alt-Svc", "NEL", "Report-To", "Service-Worker-Allowed", "Refresh", "Link", "X-Accel-Redirect", "X-Sendfile", "x-oss-request-id", "x-oss-meta-a", "x-oss-anything",
	}
	for _, method := range []string{"GET", "HEAD"} {
		resp := handle(t, s, request{method: method, target: "/demo/p", scheme: signature.V4Header})
		for name := range resp.Header() {
			if name != "X-Custom" {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		for _, spelled := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if got := putPersistent(t, s, persistent("a", "b")+","+persistent(spelled, "v"), 0); got != refused {
				t.Errorf("%s: %s", spelled, got)
			}
		}
	}
	for _, name := range []string{"myheader1", "X-Custom", "Subscription-Userinfo", "x-amz-meta-a", "X-Content-Type-Options", "contents", "!#$%&'*+-.^_`|~"} {
		if got := putPersistent(t, s, persistent(name, "v"), 0); got != kept {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Number and size are bounded, the size together with that of the user metadata.
func TestPersistentBounds(t *testing.T) {
	s, _ := serveObject(t)
	many := func(n int) string {
		var pairs []string
		for i := range n {
			pairs = append(pairs, persistent(fmt.Sprint("h", i), "v"))
		}
		return strings.Join(pairs, ",")
	}
	large := func(n int) string { return persistent("a", strings.Repeat("v", n-1)) }
	for name, c := range map[string]struct {
		value    string
		metadata int // bytes
		ok       bool
	}{
		"64":                   {many(64), 0, true},
		"65":                   {many(65), 0, false},
		"no end of commas":     {strings.Repeat(",", 10000), 0, false},
		"8192 bytes":           {large(8192), 0, true},
		"8193 bytes":           {large(8193), 0, false},
		"8193 bytes in two":    {large(8190) + "," + persistent("b", "cd"), 0, false},
		"8192 with metadata":   {large(192), 8000, true},
		"8193 with metadata":   {large(193), 8000, false},
		"header that is empty": {"", 0, true},
		"only white space":     {persistent("a", "b") + ", ", 0, false},
	} {
		want := "Bad Request InvalidArgument"
		if c.ok {
			want = "OK"
		}
		if got := putPersistent(t, s, c.value, c.metadata); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A form's field says the same, and can say what no header could.
func TestPersistentHeadersOfForms(t *testing.T) {
	s, _ := serveForms(t)
	post := func(value string) string {
		return verdict(upload{bucket: "demo", file: content, fields: signForm(t, signature.V4Form, callers["root"], time.Now(), `["starts-with","$key","user/"]`,
			field("key", "user/a"), field("x-oss-object-acl", "public-read"), field("X-Oss-Persistent-Headers", value))}.send(t, s))
	}
	for _, value := range []string{
		"a:dg\n==", "a:dg==\r\n", "a\r\nb:dg==", "a", persistent("a", "v\nSet-Cookie: x"), persistent("Set-Cookie", "x"),
		persistent("a", strings.Repeat("v", 8192)), strings.Repeat("x", 1<<20),
	} {
		if got := post(value); got != "Bad Request InvalidArgument" {
			t.Errorf("%.100q: %s", value, got)
		}
	}
	if got := post(persistent("myheader1", "myvalue1") + "," + persistent("Other", "v")); got != "No Content" {
		t.Fatal(got)
	}
	resp, _ := raw(s, "GET /demo/user/a HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	if h := resp.Header(); resp.Code != 200 || !slices.Equal(h["myheader1"], []string{"myvalue1"}) || !slices.Equal(h["Other"], []string{"v"}) {
		t.Errorf("%d %v", resp.Code, h)
	}
}
