package oss_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// FuzzPostObject lets anything follow the signed fields of a form, as somebody
// can who was given them. Nothing is ever stored but what the policy admits: one
// object below in/, of at most 32 bytes, which the body holds, of type text/plain
// and private.
func FuzzPostObject(f *testing.F) {
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s := ossdtest.Start(f, ossdtest.Options{Declaration: formWorld, Now: func() time.Time { return now }})
	signed := signForm(f, signature.V4Form, callers["root"], now,
		`{"bucket":"demo"},["starts-with","$key","in/"],{"content-type":"text/plain"},{"x-oss-object-acl":"private"},["content-length-range",1,32]`)
	head, _, _ := strings.Cut(upload{fields: signed}.body(), upload{}.fileHead())
	acl, kind := field("x-oss-object-acl", "private"), field("Content-Type", "text/plain")
	for _, u := range []upload{
		{fields: []signature.Field{field("key", "in/a"), acl, kind}, file: "hello"},
		{fields: []signature.Field{field("key", "in/${filename}"), acl}, name: "../../b", kind: "text/plain", file: strings.Repeat("x", 33)},
		{fields: []signature.Field{field("key", "in/a"), field("Key", "out/a"), acl, kind}, file: "twice"},
		{fields: []signature.Field{field("key", "in/a"), acl, kind}, kind: "text/html", file: "other type"},
		{fields: []signature.Field{field("key", "in/a"), acl, kind}, file: "behind", behind: []signature.Field{field("key", "out/a"), field("submit", "")}},
		{fields: []signature.Field{field("key", "in/a"), acl, kind, field("policy", "e30="), field("x-oss-meta-a", "b")}, file: "another policy"},
		{fields: []signature.Field{field("key", "in/a"), acl, kind}, file: "two files", behind: []signature.Field{field("file", "second")}},
	} {
		f.Add(u.body())
	}
	f.Add("--" + boundary + "\nContent-Disposition: form-data; name=file; filename*=UTF-8''%2e%2e\n\n\n--" + boundary + "--")
	f.Fuzz(func(t *testing.T, tail string) {
		body := head + tail
		resp := postBody(t, s, "demo", "", body)
		found := keys(t, s, now, "demo")
		if resp.Code/100 != 2 && resp.Code != 303 {
			if len(found) > 0 {
				t.Fatalf("%q is stored, although the form was refused: %s", found, verdict(resp))
			}
			return
		}
		if len(found) != 1 || !strings.HasPrefix(found[0], "in/") {
			t.Fatalf("%q is stored", found)
		}
		target := "/demo/" + escapeAll(unescapeText(found[0]))
		content, anonymous := fetch(t, s, presign(t, s, callers["root"], now, "GET", target)), fetch(t, s, target)
		if content.Code != 200 || content.Body.Len() < 1 || content.Body.Len() > 32 || !strings.Contains(body, content.Body.String()) {
			t.Fatalf("%q holds %q, %d", found, content.Body, content.Code)
		}
		if kind := content.Header().Get("Content-Type"); kind != "text/plain" || anonymous.Code != 403 {
			t.Fatalf("%q is of type %s; anonymous readers get %d", found, kind, anonymous.Code)
		}
		resp, _ = raw(s, "DELETE "+presign(t, s, callers["root"], now, "DELETE", target)+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
		if resp.Code != 204 {
			t.Fatalf("removing %q: %s", found, resp.Body)
		}
	})
}

func fetch(t testing.TB, s *ossdtest.Server, target string) *httptest.ResponseRecorder {
	t.Helper()
	resp, ok := raw(s, "GET "+target+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	if !ok {
		t.Fatalf("%q is no target", target)
	}
	return resp
}
