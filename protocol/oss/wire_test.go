package oss_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
	"ossd/server"
)

// dial sends bytes over a connection of its own and returns the answer.
func dial(t *testing.T, s *ossdtest.Server, text string, closeWrite bool) (*http.Response, string, error) {
	t.Helper()
	c, err := net.DialTimeout("tcp", s.Addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	if closeWrite {
		c.(*net.TCPConn).CloseWrite()
	}
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err == nil && resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// put returns the head of a signed PUT without its length, for tests of how bodies are framed.
func putHead(t *testing.T, s *ossdtest.Server, target string) string {
	t.Helper()
	target = sign(t, request{method: "PUT", host: s.Addr, target: target, as: "root", scheme: signature.V4URL})
	return "PUT " + target + " HTTP/1.1\r\nHost: " + s.Addr + "\r\n"
}

func TestBodies(t *testing.T) {
	s, _ := serveObject(t)
	for name, c := range map[string]struct {
		framing    string
		closeWrite bool
		status     int
		code       string
		stored     string // "" means that there is no object afterwards
	}{
		"length":             {"Content-Length: 5\r\n\r\nhello", false, 200, "", "hello"},
		"chunked":            {"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", false, 200, "", "hello"},
		"chunked and length": {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, 200, "", "hello"},
		"neither":            {"\r\n", false, 411, "MissingContentLength", ""},
		"shorter than said":  {"Content-Length: 6\r\n\r\nhello", true, 400, "IncompleteBody", ""},
		"cut in a chunk":     {"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", true, 400, "IncompleteBody", ""},
		"no last chunk":      {"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true, 400, "IncompleteBody", ""},
		"more than allowed":  {"Content-Length: 5368709121\r\n\r\n", false, 400, "EntityTooLarge", ""},
		"asks to continue":   {"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", false, 200, "", "hello"},
		"negative length":    {"Content-Length: -1\r\n\r\n", false, 400, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			key := "/demo/" + strings.ReplaceAll(name, " ", "-")
			resp, body, err := dial(t, s, putHead(t, s, key)+c.framing, c.closeWrite)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status || !strings.Contains(body, c.code) {
				t.Errorf("answered %s %s, want %d %s", resp.Status, body, c.status, c.code)
			}
			got := send(t, s, request{method: "GET", target: key, as: "root", scheme: signature.V4Header})
			stored, _ := io.ReadAll(got.Body)
			if c.stored == "" && got.StatusCode != 404 || c.stored != "" && string(stored) != c.stored {
				t.Errorf("afterwards GET answers %s %q, want %q", got.Status, stored, c.stored)
			}
		})
	}
}

// A read whose body was announced and never comes is answered all the same (SDK
// suite oss2 test_sign_v4_additional_headers), and its connection ends.
func TestReadsDoNotWaitForBodies(t *testing.T) {
	s, _ := serveObject(t)
	for _, framing := range []string{"Content-Length: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Content-Length: 9\r\n\r\n123456789"} {
		target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "root", scheme: signature.V4URL})
		resp, _, err := dial(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n"+framing, false)
		if err != nil || resp.StatusCode != 200 || !resp.Close {
			t.Errorf("%q: %v, %v", framing, resp, err)
		}
	}
}

// Requests that are too large in their head are refused before anything is done.
func TestOversizedHead(t *testing.T) {
	s, _ := serveObject(t)
	resp, _, err := dial(t, s, "GET / HTTP/1.1\r\nHost: x\r\nx-oss-meta-a: "+strings.Repeat("a", 80<<10)+"\r\n\r\n", false)
	if err != nil || resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %v, %v", resp, err)
	}
	mustFail := send(t, s, request{method: "PUT", target: "/demo/meta", as: "root", scheme: signature.V4Header, header: http.Header{"X-Oss-Meta-A": {strings.Repeat("a", 8193)}}})
	if body := spell(s, mustFail); !strings.HasPrefix(body, "400") || !strings.Contains(body, "InvalidArgument") {
		t.Errorf("too much metadata: %s", body)
	}
}

// What some SDKs and proxies send for the service, a bucket or a key.
func TestAddresses(t *testing.T) {
	s, _ := serveObject(t)
	for _, target := range []string{"//", "/", "/demo", "/demo/", "/demo%2Fdir%2Fa%20b.txt", "/demo/dir/a+b.txt"} {
		mustSend(t, s, request{method: "GET", target: target})
	}
	target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/dir/a%20b.txt", as: "root", scheme: signature.V4URL})
	resp, body, err := dial(t, s, "GET http://"+s.Addr+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n", false)
	if err != nil || resp.StatusCode != 200 || body != content {
		t.Errorf("absolute form: %v, %q, %v", resp, body, err)
	}
	// Dots and repeated slashes are part of a key.
	for _, key := range []string{"..", "a/../b", "a//b///", "./x", "dir/"} {
		mustSend(t, s, request{method: "PUT", target: "/demo/" + key, body: key})
		got := send(t, s, request{method: "GET", target: "/demo/" + key, as: "root", scheme: signature.V4Header})
		if text, _ := io.ReadAll(got.Body); string(text) != key {
			t.Errorf("key %q holds %q", key, text)
		}
	}
}

// Two requests race on one key: a serial order results, and what is read is whole.
func TestRaceOnOneKey(t *testing.T) {
	s, _ := serveObject(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				body := strings.Repeat(fmt.Sprintf("%d.%d ", w, i), 500)
				put := send(t, s, request{method: "PUT", target: "/demo/raced", body: body, as: "root", scheme: signature.V1Header})
				got := send(t, s, request{method: "GET", target: "/demo/raced", as: "root", scheme: signature.V1Header})
				text, err := io.ReadAll(got.Body)
				first, _, _ := strings.Cut(string(text), " ")
				if put.StatusCode != 200 || err != nil || string(text) != strings.Repeat(first+" ", 500) {
					t.Errorf("put %s, read %d bytes of mixed content, %v", put.Status, len(text), err)
				}
			}
		})
	}
	wg.Wait()
}

// A host name that was bound to a bucket addresses it, and nothing else.
func TestCNAME(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{Wrap: func(c *server.Config) { c.CNAMEs = map[string]string{"static.example.com": "demo"} }})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	mustSend(t, s, request{method: "PUT", target: "/demo/dir/a", body: "content"})
	for _, scheme := range allSchemes {
		r, err := signature.NewRequest("GET", "static.example.com", "/dir/a", http.Header{})
		if err != nil {
			t.Fatal(err)
		}
		resource := signature.Resource{Bucket: "demo", Key: "dir/a"}
		switch scheme {
		case signature.V1Header, signature.V2Header, signature.V4Header:
			err = signature.SignHeader(scheme, r, resource, callers["root"], ossdtest.Region, time.Now())
		default:
			err = signature.Presign(scheme, r, resource, callers["root"], ossdtest.Region, time.Now(), time.Minute)
		}
		if err != nil {
			t.Fatal(err)
		}
		text := "GET /dir/a?" + r.Query.Encode() + " HTTP/1.1\r\nHost: static.example.com\r\n"
		for name, values := range r.Header {
			text += name + ": " + values[0] + "\r\n"
		}
		if resp, ok := raw(s, text+"\r\n"); !ok || resp.Code != 200 || resp.Body.String() != "content" {
			t.Errorf("%s: %s", scheme, verdict(resp))
		}
	}
}
