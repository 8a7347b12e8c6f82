package oss_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ossd/protocol/signature"
)

// What changes an object is dated, and what is said about it is not (vendor
// documentation "AppendObject", "PutObjectTagging"); a link is as new as the newer of both.
func TestLastModified(t *testing.T) {
	s, clock := serveObject(t)
	modified := func(target string) time.Time {
		t.Helper()
		resp := send(t, s, request{method: "HEAD", target: target, as: "root", scheme: signature.V4Header})
		at, err := http.ParseTime(resp.Header.Get("Last-Modified"))
		if err != nil {
			t.Fatalf("%s: %s %v", target, resp.Status, err)
		}
		return at
	}
	for name, c := range map[string]struct {
		method, target, body string
		header               []string
		seen                 string
		changes              bool
	}{
		"append":         {"POST", "/demo/log?append&position=0", "", nil, "/demo/log", true},
		"tags":           {"PUT", "/demo/a?tagging", "<Tagging><TagSet/></Tagging>", nil, "/demo/a", false},
		"no tags":        {"DELETE", "/demo/a?tagging", "", nil, "/demo/a", false},
		"ACL":            {"PUT", "/demo/a?acl", "", []string{"x-oss-object-acl", "private"}, "/demo/a", false},
		"restoring":      {"POST", "/demo/frozen?restore", "", nil, "/demo/frozen", false},
		"a newer target": {"PUT", "/demo/a", "x", nil, "/demo/link", true},
		"a newer link":   {"PUT", "/demo/link?symlink", "", []string{"x-oss-symlink-target", "a"}, "/demo/link", true},
		"metadata":       {"PUT", "/demo/a", "", []string{"x-oss-copy-source", "/demo/a", "x-oss-meta-a", "b"}, "/demo/a", true},
	} {
		mustSend(t, s, request{method: "PUT", target: "/demo/a", body: "x"})
		mustSend(t, s, request{method: "PUT", target: "/demo/frozen", body: "x", header: pairs([]string{"x-oss-storage-class", "Archive"})})
		mustSend(t, s, request{method: "PUT", target: "/demo/link?symlink", header: pairs([]string{"x-oss-symlink-target", "a"})})
		mustSend(t, s, request{method: "DELETE", target: "/demo/log"})
		mustSend(t, s, request{method: "POST", target: "/demo/log?append&position=0"})
		before := modified(c.seen)
		clock.advance(10 * time.Second)
		mustSend(t, s, request{method: c.method, target: c.target, body: c.body, header: pairs(c.header)})
		if after := modified(c.seen); after.After(before) != c.changes {
			t.Errorf("%s: modified %s, before %s", name, after, before)
		}
	}
}

// A restored object freezes again when its time is over, and its time begins
// anew when it is restored again.
func TestRestoreExpires(t *testing.T) {
	s, clock := serveObject(t)
	do := func(method, target, body string, header ...string) *http.Response {
		t.Helper()
		return send(t, s, request{method: method, target: target, body: body, header: pairs(header), as: "root", scheme: signature.V4Header, now: clock.now()})
	}
	expiry := func() time.Time {
		t.Helper()
		text := do("HEAD", "/demo/frozen", "").Header.Get("x-oss-restore")
		rest, ok := strings.CutPrefix(text, `ongoing-request="false", expiry-date="`)
		at, err := http.ParseTime(strings.TrimSuffix(rest, `"`))
		if !ok || err != nil {
			t.Fatalf("x-oss-restore %q", text)
		}
		return at
	}
	do("PUT", "/demo/frozen", "x", "x-oss-storage-class", "Archive")
	if resp := do("POST", "/demo/frozen?restore", "<RestoreRequest><Days>2</Days></RestoreRequest>"); resp.StatusCode != 202 {
		t.Fatal(resp.Status)
	}
	clock.advance(time.Minute)
	first := expiry()
	if left := first.Sub(clock.now()); left < 47*time.Hour || left > 48*time.Hour {
		t.Errorf("two days end in %s", left)
	}
	if resp := do("POST", "/demo/frozen?restore", ""); resp.StatusCode != 200 || !expiry().Equal(first) {
		t.Errorf("a shorter restoring: %s, until %s, not %s", resp.Status, expiry(), first)
	}
	clock.advance(24 * time.Hour)
	if resp := do("POST", "/demo/frozen?restore", "<RestoreRequest><Days>7</Days></RestoreRequest>"); resp.StatusCode != 200 {
		t.Errorf("a longer restoring: %s", resp.Status)
	}
	if left := expiry().Sub(clock.now()); left < 167*time.Hour || left > 168*time.Hour {
		t.Errorf("seven days end in %s", left)
	}
	clock.advance(7*24*time.Hour - time.Minute)
	if resp := do("GET", "/demo/frozen", ""); resp.StatusCode != 200 {
		t.Errorf("before the end: %s", resp.Status)
	}
	clock.advance(2 * time.Minute)
	if resp := do("GET", "/demo/frozen", ""); resp.StatusCode != 403 {
		t.Errorf("after the end: %s", resp.Status)
	}
	if resp := do("HEAD", "/demo/frozen", ""); resp.StatusCode != 200 || resp.Header.Get("x-oss-restore") != "" {
		t.Errorf("after the end: %s, x-oss-restore %q", resp.Status, resp.Header.Get("x-oss-restore"))
	}
	if resp := do("POST", "/demo/frozen?restore", ""); resp.StatusCode != 202 {
		t.Errorf("restored again: %s", resp.Status)
	}
}
