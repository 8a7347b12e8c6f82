package oss_test

import (
	"net/http"
	"testing"
)

// A sub-resource that nobody knows yet is not taken for the bucket or object that
// it would belong to: such a request is refused, by the parameter's name, and
// changes nothing.
func TestUnknownSubresourceChangesNothing(t *testing.T) {
	s, _ := serveObject(t)
	mustSend(t, s, request{method: "PUT", target: "/empty"})
	copied := http.Header{"X-Oss-Copy-Source": {"/demo/dir/a%20b.txt"}}
	for _, c := range []struct {
		method, target string
		header         http.Header
		name           string
	}{
		{"DELETE", "/empty?newthing", nil, "newthing"},
		{"DELETE", "/empty?newthing=", nil, "newthing"}, // oss2 spells sub-resources so
		{"DELETE", "/empty?newthing&a=b", nil, "newthing"},
		{"DELETE", "/empty?max-keys", nil, "max-keys"}, // of other operations
		{"DELETE", "/empty?x-newthing", nil, "x-newthing"},
		{"PUT", "/fresh?newthing", nil, "newthing"},
		{"PUT", "/demo/fresh?newthing", nil, "newthing"},
		{"PUT", "/demo/fresh?newthing&a=b", copied.Clone(), "newthing"},
		{"DELETE", "/demo/dir/a%20b.txt?newthing", nil, "newthing"},
		{"DELETE", "/demo/dir/a%20b.txt?versionid", nil, "versionid"},
	} {
		for _, caller := range []string{"root", "nobody", "anonymous"} {
			q := request{method: c.method, target: c.target, header: c.header.Clone()}
			status, e := refusal(t, s, q, caller)
			if status != 400 || e.Code != "NotImplemented" || e.ArgumentName != c.name {
				t.Errorf("%s %s by %s: %d %s because of %q", c.method, c.target, caller, status, e.Code, e.ArgumentName)
			}
		}
	}
	mustSend(t, s, request{method: "GET", target: "/empty"})
	mustSend(t, s, request{method: "HEAD", target: "/demo/dir/a%20b.txt"})
	for _, target := range []string{"/fresh", "/demo/fresh"} {
		if status, _ := refusal(t, s, request{method: "GET", target: target}, "root"); status != 404 {
			t.Errorf("GET %s answers %d", target, status)
		}
	}
}

// Parameters with a value, and any on reads, are ignored as the service ignores
// them (SDK suite oss2 test_anonymous); those of a signature are never unknown.
func TestUnknownParametersAreIgnored(t *testing.T) {
	s, _ := serveObject(t)
	mustSend(t, s, request{method: "PUT", target: "/open?region=any", header: http.Header{"X-Oss-Acl": {"public-read-write"}}})
	for _, caller := range []string{"root", "anonymous"} {
		mustSend(t, s, request{method: "PUT", target: "/open/a?para1=test", as: caller})
		mustSend(t, s, request{method: "GET", target: "/open/a?para1=test", as: caller})
		mustSend(t, s, request{method: "GET", target: "/open/a?t&u=", as: caller})
		mustSend(t, s, request{method: "HEAD", target: "/open/a?t", as: caller})
		mustSend(t, s, request{method: "DELETE", target: "/open/a?para1=test", as: caller})
	}
	mustSend(t, s, request{method: "GET", target: "/open?t&prefix=&marker="})
	for _, scheme := range allSchemes {
		mustSend(t, s, request{method: "PUT", target: "/demo/signed?x-oss-request-payer=requester", scheme: scheme})
		mustSend(t, s, request{method: "DELETE", target: "/demo/signed", scheme: scheme})
	}
	mustSend(t, s, request{method: "DELETE", target: "/open?para1=test"})
}
