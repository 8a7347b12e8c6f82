package oss_test

import (
	"testing"

	"ossd/protocol/signature"
)

// Who reads a bucket that does not exist with a key that nobody has is told of
// the bucket, as without a key (SDK suite Go v2 TestClientExtension). Whether a
// bucket exists is told to anybody; nothing else is.
func TestUnknownKey(t *testing.T) {
	s, _ := serveObject(t)
	for _, c := range []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/demo?acl", 403, "InvalidAccessKeyId"},
		{"HEAD", "/demo/dir/a%20b.txt", 403, "InvalidAccessKeyId"},
		{"HEAD", "/demo/none", 403, "InvalidAccessKeyId"},
		{"GET", "/", 403, "InvalidAccessKeyId"},
		{"GET", "/missing?acl", 404, "NoSuchBucket"},
		{"HEAD", "/missing/none", 404, "NoSuchBucket"},
		{"GET", "/Not_A_Name/none", 403, "InvalidAccessKeyId"},
		{"PUT", "/missing", 403, "InvalidAccessKeyId"},
		{"PUT", "/missing/none", 403, "InvalidAccessKeyId"},
		{"DELETE", "/missing", 403, "InvalidAccessKeyId"},
	} {
		q := request{method: c.method, target: c.target, key: signature.Credentials{AccessKeyID: "LTAInobodyHasThis", Secret: "x"}}
		if status, e := refusal(t, s, q, "root"); status != c.status || e.Code != c.code {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.target, status, e.Code, c.status, c.code)
		}
	}
}
