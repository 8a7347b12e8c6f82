package oss_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
	"ossd/server"
)

// What is added to a request after it was signed adds no power: each header and
// parameter with an effect is either covered by every scheme or refused.
func TestUnsignedAddsNoPower(t *testing.T) {
	s, _ := serveObject(t)
	headers := map[string]string{
		"x-oss-copy-source": "/demo/dir/a%20b.txt", "x-oss-copy-source-if-match": "x", "x-oss-metadata-directive": "REPLACE", "x-oss-object-acl": "public-read-write", "x-oss-acl": "public-read",
		"x-oss-symlink-target": "dir/a%20b.txt", "x-oss-callback": "eyJ9", "x-oss-tagging": "a=b", "x-oss-meta-color": "blue",
		"x-oss-storage-class": "IA", "x-oss-forbid-overwrite": "false", "x-oss-server-side-encryption": "AES256",
		"x-oss-traffic-limit": "819200", "x-oss-persistent-headers": "a:Yg==", "x-oss-security-token": "x", "Content-Type": "text/html", "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==",
	}
	parameters := []string{
		"acl", "append&position=0", "uploads", "uploadId=1&partNumber=1", "symlink", "tagging", "restore", "delete", "versionId=null",
		"callback=eyJ9", "x-oss-process=image%2Finfo", "x-oss-traffic-limit=819200", "security-token=x", "objectMeta", "bucketInfo",
		"response-content-type=text%2Fhtml", "response-content-disposition=inline", "response-cache-control=x",
		"response-content-encoding=gzip", "response-content-language=de", "response-expires=x", "policy", "cors", "lifecycle", "website", "logging",
	}
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V2URL, signature.V4URL, signature.V1Header, signature.V2Header, signature.V4Header} {
		for _, method := range []string{"GET", "PUT"} {
			fresh := func() (target string, head string) {
				q := request{method: method, host: s.Addr, target: "/demo/fresh.txt", header: http.Header{}, as: "root", scheme: scheme}
				if method == "GET" {
					q.target = "/demo/dir/a%20b.txt"
				}
				target = sign(t, q)
				head = " HTTP/1.1\r\nHost: " + s.Addr + "\r\nContent-Length: 0\r\n"
				for name, values := range q.header {
					head += name + ": " + values[0] + "\r\n"
				}
				return target, head
			}
			target, head := fresh()
			if resp, _ := raw(s, method+" "+target+head+"\r\n"); resp.Code != 200 {
				t.Fatalf("%s %s as signed: %s", method, scheme, verdict(resp))
			}
			refused := func(what, text string) {
				resp, ok := raw(s, text)
				if !ok {
					t.Fatalf("%q is no request", text)
				}
				if resp.Code/100 != 4 {
					t.Errorf("%s %s with %s: %s", method, scheme, what, verdict(resp))
				}
			}
			for name, value := range headers {
				target, head := fresh()
				refused(name, method+" "+target+head+name+": "+value+"\r\n\r\n")
			}
			for _, p := range parameters {
				target, head := fresh()
				separator := "?"
				if strings.Contains(target, "?") {
					separator = "&"
				}
				refused(p, method+" "+target+separator+p+head+"\r\n")
			}
		}
	}
}

// Nothing of it works for somebody without any signature either.
func TestAnonymousPower(t *testing.T) {
	s, _ := serveObject(t)
	mustSend(t, s, request{method: "PUT", target: "/open", header: http.Header{"X-Oss-Acl": {"public-read-write"}}})
	for _, c := range [][2]string{
		{"PUT /open/a HTTP/1.1\r\nContent-Length: 1\r\n", "OK"},
		{"GET /open/a HTTP/1.1\r\n", "OK"},
		{"GET /open/a?response-content-type=text%2Fhtml HTTP/1.1\r\n", "Bad Request InvalidRequest"},
		{"PUT /open/a HTTP/1.1\r\nContent-Length: 1\r\nx-oss-copy-source: /demo/dir/a b.txt\r\n", "Forbidden AccessDenied 0003-00000001"},
		{"PUT /open/a HTTP/1.1\r\nContent-Length: 1\r\nx-oss-copy-source: /absent/a\r\n", "Forbidden AccessDenied 0003-00000001"},
		{"PUT /open?acl HTTP/1.1\r\nContent-Length: 0\r\nx-oss-acl: private\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"PUT /open/a?acl HTTP/1.1\r\nContent-Length: 0\r\nx-oss-object-acl: private\r\n", "Forbidden AccessDenied 0003-00000001"},
		{"GET /open/a?acl HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000007"},
		{"PUT /open/b HTTP/1.1\r\nContent-Length: 0\r\nx-oss-copy-source: /open/a\r\n", "OK"},
		{"GET /open HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"GET /open?acl HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"DELETE /open HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"PUT /mine HTTP/1.1\r\nContent-Length: 0\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"GET / HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000905"},
		{"GET /demo/dir/a%20b.txt HTTP/1.1\r\n", "Forbidden AccessDenied 0003-00000001"},
		{"GET /open/a HTTP/1.1\r\nAuthorization: OSS x:y\r\n", "Forbidden"},
		{"GET /open/a?OSSAccessKeyId=x HTTP/1.1\r\n", "Forbidden AccessDenied"},
	} {
		text, want := c[0], c[1]
		body := ""
		if strings.Contains(text, "Content-Length: 1") {
			body = "x"
		}
		resp, ok := raw(s, text+"Host: "+s.Addr+"\r\n\r\n"+body)
		if !ok {
			t.Fatalf("%q is no request", text)
		}
		if got := verdict(resp); got != want && !(strings.HasPrefix(got, want+" ") && !strings.Contains(want, "-0")) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A version that was switched off is refused, whoever signed; the others work.
func TestSignaturesSwitchedOff(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration, Wrap: func(c *server.Config) { c.Signatures = []string{"v4"} }})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	for scheme, want := range map[signature.Scheme]string{
		signature.V1Header: "Forbidden AccessDenied 0002-00000080", signature.V1URL: "Forbidden AccessDenied 0002-00000080",
		signature.V2Header: "Forbidden AccessDenied", signature.V2URL: "Forbidden AccessDenied",
		signature.V4Header: "Not Found NoSuchKey 0026-00000001", signature.V4URL: "Not Found NoSuchKey 0026-00000001",
	} {
		if got := as(t, s, callers["root"], time.Now(), scheme, "GET", "/demo/a"); got != want {
			t.Errorf("%s: %s, want %s", scheme, got, want)
		}
	}
}
