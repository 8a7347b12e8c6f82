package oss_test

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

const boundary = "9431149156168"

// upload is a form upload as a test describes it.
type upload struct {
	bucket string            // "demo"
	fields []signature.Field // before the file
	name   string            // of the file; "": the part has no filename
	kind   string            // Content-Type of the file's part; "": none
	file   string
	behind []signature.Field // fields behind the file
	header string            // further lines of the request's head
}

func field(name, value string) signature.Field { return signature.Field{Name: name, Value: value} }

// body spells the form.
func (u upload) body() string {
	var b strings.Builder
	for _, f := range u.fields {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, f.Name, f.Value)
	}
	b.WriteString(u.fileHead() + u.file + "\r\n")
	for _, f := range u.behind {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, f.Name, f.Value)
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func (u upload) fileHead() string {
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\""
	if u.name != "" {
		head += `; filename="` + u.name + `"`
	}
	if u.kind != "" {
		head += "\r\nContent-Type: " + u.kind
	}
	return head + "\r\n\r\n"
}

// send hands the form to the server.
func (u upload) send(t testing.TB, s *ossdtest.Server) *httptest.ResponseRecorder {
	t.Helper()
	return postBody(t, s, u.bucket, u.header, u.body())
}

// postBody hands the body of a form to the server.
func postBody(t testing.TB, s *ossdtest.Server, bucket, header, body string) *httptest.ResponseRecorder {
	t.Helper()
	text := "POST /" + bucket + " HTTP/1.1\r\nHost: " + s.Addr + "\r\n" + formType + header +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	resp, ok := raw(s, text)
	if !ok {
		t.Fatalf("%.500q is no request", text)
	}
	return resp
}

const formType = "Content-Type: multipart/form-data; boundary=" + boundary + "\r\n"

// signForm adds to fields a policy with the conditions, good for an hour, and its signature.
func signForm(t testing.TB, scheme signature.Scheme, cred signature.Credentials, now time.Time, conditions string, fields ...signature.Field) []signature.Field {
	t.Helper()
	return signPolicy(t, scheme, cred, now, `{"expiration":"`+now.Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")+`","conditions":[`+conditions+`]}`, fields...)
}

func signPolicy(t testing.TB, scheme signature.Scheme, cred signature.Credentials, now time.Time, policy string, fields ...signature.Field) []signature.Field {
	t.Helper()
	signed, err := signature.SignForm(scheme, base64.StdEncoding.EncodeToString([]byte(policy)), cred, ossdtest.Region, now)
	if err != nil {
		t.Fatal(err)
	}
	return append(fields, signed...)
}

// without returns the fields but for those named.
func without(fields []signature.Field, names ...string) (kept []signature.Field) {
	for _, f := range fields {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+f.Name+" ") {
			kept = append(kept, f)
		}
	}
	return kept
}

// stored returns the content of an object, and whether there is one.
func stored(t testing.TB, s *ossdtest.Server, target string) (string, bool) {
	t.Helper()
	resp, _ := raw(s, "GET "+signTarget(t, s, signature.V4URL, "GET", target)+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	if resp.Code != 200 && resp.Code != 404 {
		t.Fatalf("GET %s: %d %s", target, resp.Code, resp.Body)
	}
	return resp.Body.String(), resp.Code == 200
}

// keys lists the keys of a bucket.
func keys(t testing.TB, s *ossdtest.Server, now time.Time, bucket string) []string {
	t.Helper()
	resp, _ := raw(s, "GET "+presign(t, s, callers["root"], now, "GET", "/"+bucket)+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n\r\n")
	if resp.Code != 200 {
		t.Fatalf("listing %s: %s", bucket, resp.Body)
	}
	var out []string
	for _, piece := range strings.Split(resp.Body.String(), "<Key>")[1:] {
		key, _, _ := strings.Cut(piece, "</Key>")
		out = append(out, key)
	}
	return out
}

// presign returns a target that is signed at the time of a server with a clock of its own.
func presign(t testing.TB, s *ossdtest.Server, cred signature.Credentials, now time.Time, method, target string) string {
	t.Helper()
	r, err := signature.NewRequest(method, s.Addr, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := (&signature.Domains{}).Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := signature.Presign(signature.V4URL, r, resources[0], cred, ossdtest.Region, now, time.Minute); err != nil {
		t.Fatal(err)
	}
	return target + "?" + r.Query.Encode()
}

// escapeAll writes a key in a target, whatever it holds.
func escapeAll(key string) string {
	var b strings.Builder
	for i := range len(key) {
		fmt.Fprintf(&b, "%%%02X", key[i])
	}
	return b.String()
}

// unescapeText reads the text of an XML document.
func unescapeText(s string) string {
	return strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">", "&#xA;", "\n", "&#xD;", "\r", "&#x9;", "\t", "&amp;", "&").Replace(s)
}
