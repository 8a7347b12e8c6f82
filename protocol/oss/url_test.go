package oss_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// clock is a server's clock that a test can turn.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

const content = "the content of the object"

// serveObject starts a server with an object that only the account may read.
func serveObject(t *testing.T) (*ossdtest.Server, *clock) {
	t.Helper()
	c := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration, Now: c.now})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	mustSend(t, s, request{method: "PUT", target: "/demo/dir/a%20b.txt", body: content})
	return s, c
}

func mustSend(t *testing.T, s *ossdtest.Server, q request) {
	t.Helper()
	if q.as == "" {
		q.as = "root"
	}
	if q.scheme == "" {
		q.scheme = signature.V4Header
	}
	if resp := send(t, s, q); resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", q.method, q.target, spell(s, resp))
	}
}

// raw hands the bytes of a request to the server as a connection would.
// ok is false if they are no HTTP request at all.
func raw(s *ossdtest.Server, text string) (resp *httptest.ResponseRecorder, ok bool) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil, false
	}
	r.RemoteAddr = "127.0.0.1:40000"
	resp = httptest.NewRecorder()
	s.Handler().ServeHTTP(resp, r)
	return resp, true
}

var (
	codeElement = regexp.MustCompile(`<Code>(\w+)</Code>`)
	ecElement   = regexp.MustCompile(`<EC>([\d-]+)</EC>`)
)

// verdict is the status, code and EC of an answer.
func verdict(resp *httptest.ResponseRecorder) string {
	out := http.StatusText(resp.Code)
	for _, element := range []*regexp.Regexp{codeElement, ecElement} {
		if found := element.FindStringSubmatch(resp.Body.String()); found != nil {
			out += " " + found[1]
		}
	}
	return out
}

// Each way in which a signed URL can be wrong has the documented answer.
func TestSignedURLRefused(t *testing.T) {
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V4URL} {
		t.Run(string(scheme), func(t *testing.T) {
			s, clock := serveObject(t)
			target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "root", scheme: scheme})
			mismatch, expired := "Forbidden SignatureDoesNotMatch 0002-00000040", "Forbidden AccessDenied 0002-00000069"
			if scheme == signature.V4URL {
				mismatch, expired = "Forbidden SignatureDoesNotMatch 0002-00000201", "Forbidden AccessDenied 0002-00000236"
			}
			get := func(method, target, headers string) string {
				resp, ok := raw(s, method+" "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n"+headers+"\r\n")
				if !ok {
					t.Fatalf("%s %s is no request", method, target)
				}
				return verdict(resp)
			}
			added := map[signature.Scheme]string{signature.V1URL: "&response-content-type=text%2Fhtml", signature.V4URL: "&utm=x"}[scheme]
			for name, c := range map[string]struct{ got, want string }{
				"as signed":             {get("GET", target, ""), "OK"},
				"with a range":          {get("GET", target, "Range: bytes=0-3\r\n"), "Partial Content"},
				"other method":          {get("PUT", target, "Content-Length: 0\r\n"), mismatch},
				"other key":             {get("GET", strings.Replace(target, "a%20b", "a%20c", 1), ""), mismatch},
				"other bucket":          {get("GET", strings.Replace(target, "/demo/", "/demi/", 1), ""), mismatch},
				"parameter added":       {get("GET", target+added, ""), mismatch},
				"sub-resource added":    {get("GET", target+"&acl", ""), mismatch},
				"content type added":    {get("GET", target, "Content-Type: text/plain\r\n"), mismatch},
				"x-oss header added":    {get("GET", target, "x-oss-meta-a: b\r\n"), mismatch},
				"authorization as well": {get("GET", target, "Authorization: OSS a:b\r\n"), "Bad Request InvalidArgument"},
			} {
				if c.got != c.want {
					t.Errorf("%s: %s, want %s", name, c.got, c.want)
				}
			}
			clock.advance(61 * time.Second)
			if got := get("GET", target, ""); got != expired {
				t.Errorf("after its expiry: %s, want %s", got, expired)
			}
		})
	}
}

// A valid URL of which any byte is replaced is refused, unless it still means
// exactly the same (a hex digit of an escape in the other case).
func TestSignedURLEveryByte(t *testing.T) {
	s, _ := serveObject(t)
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V4URL} {
		target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "root", scheme: scheme})
		original, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		refused, same := 0, 0
		for i := range len(target) {
			for _, b := range []byte("aA0/%&=+?#.- \x00\xff" + strings.ToUpper(target[i:i+1]) + strings.ToLower(target[i:i+1])) {
				if target[i] == b {
					continue
				}
				changed := target[:i] + string([]byte{b}) + target[i+1:]
				resp, ok := raw(s, "GET "+changed+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
				if !ok || resp.Code != http.StatusOK {
					refused++
					continue
				}
				u, err := url.Parse(changed)
				if err != nil || u.Path != original.Path || u.Query().Encode() != original.Query().Encode() {
					t.Errorf("%s: accepted with byte %d as %q:\n%s\n%s", scheme, i, b, changed, target)
				}
				same++
			}
		}
		if refused < 10*len(target) || same == 0 {
			t.Errorf("%s: %d refused, %d the same: this test did not test much", scheme, refused, same)
		}
	}
}

// rpcCall asks STS or RAM as a caller.
func rpcCall(t *testing.T, s *ossdtest.Server, clock *clock, cred signature.Credentials, version, action string, params map[string]string) (status int, answer map[string]any) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {version}, "Format": {"JSON"}}
	for name, value := range params {
		form.Set(name, value)
	}
	signature.SignRPC("POST", form, cred, clock.now(), t.Name()+time.Now().String())
	resp, err := http.PostForm(s.URL, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func mustRAM(t *testing.T, s *ossdtest.Server, clock *clock, action string, params map[string]string) map[string]any {
	t.Helper()
	status, answer := rpcCall(t, s, clock, callers["root"], "2015-05-01", action, params)
	if status != 200 {
		t.Fatalf("%s: %v", action, answer)
	}
	return answer
}

// A URL dies with the key that signed it.
func TestSignedURLOfDisabledKey(t *testing.T) {
	s, clock := serveObject(t)
	target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "reader", scheme: signature.V4URL})
	get := func() string {
		resp, _ := raw(s, "GET "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
		return verdict(resp)
	}
	if got := get(); got != "OK" {
		t.Fatalf("before: %s", got)
	}
	key := map[string]string{"UserName": "reader", "UserAccessKeyId": callers["reader"].AccessKeyID, "Status": "Inactive"}
	mustRAM(t, s, clock, "UpdateAccessKey", key)
	if got := get(); got != "Forbidden InvalidAccessKeyId 0002-00000904" {
		t.Errorf("disabled: %s", got)
	}
	key["Status"] = "Active"
	mustRAM(t, s, clock, "UpdateAccessKey", key)
	if got := get(); got != "OK" {
		t.Errorf("enabled again: %s", got)
	}
	delete(key, "Status")
	mustRAM(t, s, clock, "DeleteAccessKey", key)
	if got := get(); got != "Forbidden InvalidAccessKeyId 0002-00000902" {
		t.Errorf("deleted: %s", got)
	}
}

// The answer to a wrong signature shows what was computed, and no secret.
func TestMismatchExplains(t *testing.T) {
	s, _ := serveObject(t)
	target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "root", scheme: signature.V4URL})
	resp, _ := raw(s, "HEAD "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	if resp.Code != 403 || resp.Body.Len() != 0 || resp.Header()["x-oss-err"] == nil {
		t.Errorf("HEAD: %d, %d bytes, %v", resp.Code, resp.Body.Len(), resp.Header())
	}
	resp, _ = raw(s, "DELETE "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	body := resp.Body.Bytes()
	for _, want := range []string{"<StringToSign>OSS4-HMAC-SHA256\n", "<CanonicalRequest>DELETE\n/demo/dir/a%20b.txt\n", "<SignatureProvided>", "<StringToSignBytes>"} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("the answer lacks %q:\n%s", want, body)
		}
	}
	if bytes.Contains(body, []byte(ossdtest.AccessKeySecret)) {
		t.Errorf("the answer holds the secret:\n%s", body)
	}
}
