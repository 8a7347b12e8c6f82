package oss_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// inBubble runs do on a clock that stands still but for what is waited for, and
// returns how much that was.
func inBubble(t *testing.T, do func(t *testing.T)) (waited time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		do(t)
		waited = time.Since(start)
	})
	return waited
}

// handle signs a request, as root unless it says otherwise, and hands it to the
// server without a connection.
func handle(t *testing.T, s *ossdtest.Server, q request) *httptest.ResponseRecorder {
	t.Helper()
	q.host = s.Addr
	if q.as == "" {
		q.as = "root"
	}
	if q.header == nil {
		q.header = http.Header{}
	}
	text := q.method + " " + sign(t, q) + " HTTP/1.1\r\nHost: " + s.Addr + "\r\nContent-Length: " + strconv.Itoa(len(q.body)) + "\r\n"
	for name, values := range q.header {
		text += name + ": " + values[0] + "\r\n"
	}
	resp, ok := raw(s, text+"\r\n"+q.body)
	if !ok {
		t.Fatalf("%.1000q is no request", text)
	}
	return resp
}

// A body takes the time that its limit says, whichever way it goes: a megabyte
// at 100 KiB/s about ten seconds (SDK suites oss2 test_traffic_limit, Java TrafficLimitTest).
func TestTrafficLimit(t *testing.T) {
	s := ossdtest.Start(t, ossdtest.Options{})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	body := strings.Repeat("0123456789abcdef", 64<<10)
	mustSend(t, s, request{method: "PUT", target: "/demo/a", body: body, header: http.Header{"Content-Type": {"text/plain"}}})
	const limit, want = "819200", 10240 * time.Millisecond
	header := func(more ...string) http.Header {
		h := http.Header{"X-Oss-Traffic-Limit": {limit}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	copied := []string{"X-Oss-Copy-Source", "/demo/a"}
	part := "/demo/p?partNumber=1&uploadId=" + initiate(t, s, "/demo/p", request{as: "root"})
	for name, c := range map[string]struct {
		q    request
		want time.Duration
	}{
		"PUT, header":              {request{method: "PUT", target: "/demo/b", body: body, header: header()}, want},
		"PUT, parameter":           {request{method: "PUT", target: "/demo/b?x-oss-traffic-limit=" + limit, body: body}, want},
		"PUT, unlimited":           {request{method: "PUT", target: "/demo/b", body: body}, 0},
		"GET, header":              {request{method: "GET", target: "/demo/a", header: header()}, want},
		"GET, parameter":           {request{method: "GET", target: "/demo/a?x-oss-traffic-limit=" + limit}, want},
		"GET, range":               {request{method: "GET", target: "/demo/a", header: header("Range", "bytes=0-511999")}, 5 * time.Second},
		"GET, unlimited":           {request{method: "GET", target: "/demo/a"}, 0},
		"copy, header":             {request{method: "PUT", target: "/demo/c", header: header(copied...)}, want},
		"copy, parameter":          {request{method: "PUT", target: "/demo/c?x-oss-traffic-limit=" + limit, header: http.Header{copied[0]: copied[1:]}}, want},
		"copy, unlimited":          {request{method: "PUT", target: "/demo/c", header: http.Header{copied[0]: copied[1:]}}, 0},
		"copy onto itself":         {request{method: "PUT", target: "/demo/a", header: header(append(copied, "Content-Type", "text/plain")...)}, 0}, // moves no bytes
		"append, header":           {request{method: "POST", target: "/demo/log?append&position=0", body: body, header: header()}, want},
		"append, parameter":        {request{method: "POST", target: "/demo/log?append&position=0&x-oss-traffic-limit=" + limit, body: body}, want},
		"part, header":             {request{method: "PUT", target: part, body: body, header: header()}, want},
		"part, parameter":          {request{method: "PUT", target: part + "&x-oss-traffic-limit=" + limit, body: body}, want},
		"part copy":                {request{method: "PUT", target: part, header: header(copied...)}, want},
		"part copy, range":         {request{method: "PUT", target: part, header: header(append(copied, "X-Oss-Copy-Source-Range", "bytes=0-511999")...)}, 5 * time.Second},
		"GET, packed to a trickle": {request{method: "GET", target: "/demo/a", header: header("Accept-Encoding", "gzip")}, -1},
	} {
		for _, scheme := range allSchemes {
			t.Run(name+", "+string(scheme), func(t *testing.T) {
				q, want := c.q, c.want
				q.scheme, q.header = scheme, q.header.Clone()
				mustSend(t, s, request{method: "DELETE", target: "/demo/log"})
				waited := inBubble(t, func(t *testing.T) {
					resp := handle(t, s, q)
					if resp.Code/100 != 2 || q.method == "GET" && want >= 0 && !strings.HasPrefix(body, resp.Body.String()) {
						t.Errorf("%s, %d bytes", verdict(resp), resp.Body.Len())
					}
					delay := resp.Result().Header["x-oss-qos-delay-time"] // in milliseconds
					if slowed := q.body != "" && want > 0; slowed != (len(delay) == 1) || slowed && delay[0] != strconv.FormatInt(want.Milliseconds(), 10) {
						t.Errorf("says that it was delayed %q ms, was %s", delay, want)
					}
					if want < 0 { // as long as what is sent takes
						want = time.Duration(resp.Body.Len()) * time.Second / (100 << 10)
					}
				})
				if d := waited - want; d.Abs() > time.Microsecond {
					t.Errorf("took %s, want %s", waited, want)
				}
			})
		}
	}
}

// The field of a form limits its file.
func TestTrafficLimitOfForms(t *testing.T) {
	s, _ := serveForms(t)
	waited := inBubble(t, func(t *testing.T) {
		fields := signForm(t, signature.V4Form, callers["root"], time.Now(), `["starts-with","$key","user/"]`,
			field("key", "user/a"), field("x-oss-traffic-limit", "819200"))
		if resp := (upload{bucket: "demo", fields: fields, file: strings.Repeat("x", 512000)}).send(t, s); resp.Code != 204 {
			t.Error(verdict(resp))
		}
	})
	if d := waited - 5*time.Second; d.Abs() > time.Microsecond {
		t.Errorf("took %s", waited)
	}
}

// Permission is asked again when a copy took long: who lost it meanwhile copies nothing.
func TestPermissionLostWhileCopying(t *testing.T) {
	for _, lose := range []bool{true, false} {
		s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration})
		open, closed := http.Header{"X-Oss-Acl": {"public-read-write"}}, http.Header{"X-Oss-Acl": {"private"}}
		mustSend(t, s, request{method: "PUT", target: "/source", header: open.Clone()})
		mustSend(t, s, request{method: "PUT", target: "/source/a", body: strings.Repeat("x", 1<<20)})
		mustSend(t, s, request{method: "PUT", target: "/target", header: open.Clone()})
		part := "/target/p?partNumber=1&uploadId=" + initiate(t, s, "/target/p", request{as: "root"})
		for _, target := range []string{"/target/a", part} {
			for _, bucket := range []string{"/source", "/target"} {
				inBubble(t, func(t *testing.T) {
					go func() {
						time.Sleep(5 * time.Second)
						if lose {
							handle(t, s, request{method: "PUT", target: bucket + "?acl", header: closed.Clone(), scheme: signature.V4Header})
						}
					}()
					resp := handle(t, s, request{method: "PUT", target: target, as: "other", scheme: signature.V4Header,
						header: http.Header{"X-Oss-Copy-Source": {"/source/a"}, "X-Oss-Traffic-Limit": {"819200"}}})
					if want := map[bool]int{true: 403, false: 200}[lose]; resp.Code != want {
						t.Errorf("%s while %s is closed: %s", target, bucket, verdict(resp))
					}
				})
				mustSend(t, s, request{method: "PUT", target: bucket + "?acl", header: open.Clone()})
			}
		}
		if got := outcome(t, s, "GET", "/target/a", ""); (got == "200") == lose {
			t.Errorf("afterwards the copy is %s", got)
		}
		if parts := listParts(t, s, strings.Replace(part, "partNumber=1&", "", 1)); (len(parts) == 1) == lose {
			t.Errorf("afterwards the parts are %+v", parts)
		}
	}
}
