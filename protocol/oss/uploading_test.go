package oss_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// initiate begins a multipart upload and returns its id.
func initiate(t *testing.T, s *ossdtest.Server, target string, q request) string {
	t.Helper()
	q.method, q.target, q.scheme = "POST", target+"?uploads", signature.V4Header
	resp := send(t, s, q)
	text, err := io.ReadAll(resp.Body)
	id := element(string(text), "UploadId")
	if err != nil || id == "" {
		t.Fatalf("%s: %s %s %v", q.target, resp.Status, text, err)
	}
	return id
}

// outcome is the status and code of an answer to root.
func outcome(t *testing.T, s *ossdtest.Server, method, target, body string, header ...string) string {
	t.Helper()
	resp := send(t, s, request{method: method, target: target, body: body, header: pairs(header), as: "root", scheme: signature.V4Header})
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", element(string(text), "Code")))
}

// read returns what an object contains, as root reads it.
func read(t *testing.T, s *ossdtest.Server, target string) string {
	t.Helper()
	resp := send(t, s, request{method: "GET", target: target, as: "root", scheme: signature.V4Header})
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %s %s %v", target, resp.Status, text, err)
	}
	return string(text)
}

// Appends and parts come framed in any way that a PUT may, and what does not come
// whole leaves no trace.
func TestBodiesOfAppendsAndParts(t *testing.T) {
	for name, c := range map[string]struct {
		framing string
		status  int
		code    string
	}{
		"length":             {"Content-Length: 5\r\n\r\nhello", 200, ""},
		"chunked":            {"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", 200, ""},
		"chunked and length": {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, ""},
		"asks to continue":   {"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", 200, ""},
		"neither":            {"\r\n", 411, "MissingContentLength"},
		"shorter than said":  {"Content-Length: 6\r\n\r\nhello", 400, "IncompleteBody"},
		"cut in a chunk":     {"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", 400, "IncompleteBody"},
		"more than allowed":  {"Content-Length: 5368709121\r\n\r\n", 400, "EntityTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serveObject(t)
			for method, target := range map[string]string{
				"POST": "/demo/log?append&position=0",
				"PUT":  "/demo/parts?partNumber=1&uploadId=" + initiate(t, s, "/demo/parts", request{as: "root"}),
			} {
				signed := sign(t, request{method: method, host: s.Addr, target: target, as: "root", scheme: signature.V4URL})
				resp, body, err := dial(t, s, method+" "+signed+" HTTP/1.1\r\nHost: "+s.Addr+"\r\n"+c.framing, c.code == "IncompleteBody")
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != c.status || element(body, "Code") != c.code {
					t.Errorf("%s: %s %s, want %d %s", target, resp.Status, body, c.status, c.code)
				}
			}
			uploads := listUploads(t, s)
			parts := listParts(t, s, "/demo/parts?uploadId="+uploads[0])
			if c.status == 200 {
				if got := read(t, s, "/demo/log"); got != "hello" || len(parts) != 1 || parts[0].Size != 5 {
					t.Errorf("appended %q; parts %+v", got, parts)
				}
			} else if got := outcome(t, s, "GET", "/demo/log", ""); got != "404 NoSuchKey" || len(parts) != 0 {
				t.Errorf("the object is %s; parts %+v", got, parts)
			}
		})
	}
}

type partEntry struct {
	PartNumber int
	ETag       string
	Size       int64
}

func listParts(t *testing.T, s *ossdtest.Server, target string) []partEntry {
	t.Helper()
	var page struct{ Part []partEntry }
	if err := xml.Unmarshal([]byte(read(t, s, target)), &page); err != nil {
		t.Fatal(err)
	}
	return page.Part
}

// listUploads returns the ids of the uploads in /demo.
func listUploads(t *testing.T, s *ossdtest.Server) (ids []string) {
	t.Helper()
	var page struct{ Upload []struct{ UploadId string } }
	if err := xml.Unmarshal([]byte(read(t, s, "/demo?uploads")), &page); err != nil {
		t.Fatal(err)
	}
	for _, u := range page.Upload {
		ids = append(ids, u.UploadId)
	}
	return ids
}

// Whoever loses the right while an append or a part comes in stores nothing, and
// what has become of the object or upload meanwhile counts.
func TestChangesWhileUploading(t *testing.T) {
	part := func(upload string) (string, string) { return "PUT", "/demo/slow?partNumber=1&uploadId=" + upload }
	addition := func(string) (string, string) { return "POST", "/demo/slow?append&position=0" }
	completion := func(upload string) (string, string) { return "POST", "/demo/slow?uploadId=" + upload }
	disable := func(t *testing.T, s *ossdtest.Server, clock *clock, _ string) {
		mustRAM(t, s, clock, "UpdateAccessKey", map[string]string{"UserName": "writer", "UserAccessKeyId": writer.AccessKeyID, "Status": "Inactive"})
	}
	detach := func(t *testing.T, s *ossdtest.Server, clock *clock, _ string) {
		mustRAM(t, s, clock, "DetachPolicyFromUser", map[string]string{"PolicyType": "Custom", "PolicyName": "put-and-get", "UserName": "writer"})
	}
	at := func(method, target, body string) func(*testing.T, *ossdtest.Server, *clock, string) {
		return func(t *testing.T, s *ossdtest.Server, _ *clock, upload string) {
			mustSend(t, s, request{method: method, target: strings.ReplaceAll(target, "{upload}", upload), body: body})
		}
	}
	nothing := func(*testing.T, *ossdtest.Server, *clock, string) {}
	const list = `<Part><PartNumber>2</PartNumber><ETag>9DD4E461268C8034F5C8564E155C67A6</ETag></Part></CompleteMultipartUpload>`
	for name, c := range map[string]struct {
		slow        func(upload string) (method, target string)
		first, last string
		meanwhile   func(*testing.T, *ossdtest.Server, *clock, string)
		want        int
		object      string // what GET answers afterwards
	}{
		"append":                        {addition, "first ", "last", nothing, 200, "200"},
		"append, key disabled":          {addition, "first ", "last", disable, 403, "404 NoSuchKey"},
		"append, policy detached":       {addition, "first ", "last", detach, 403, "404 NoSuchKey"},
		"append, overtaken":             {addition, "first ", "last", at("POST", "/demo/slow?append&position=0", "x"), 409, "200"},
		"append, replaced":              {addition, "first ", "last", at("PUT", "/demo/slow", "x"), 409, "200"},
		"append, an upload is given up": {addition, "first ", "last", at("DELETE", "/demo/slow?uploadId={upload}", ""), 200, "200"},
		"part":                          {part, "first ", "last", nothing, 200, "404 NoSuchKey"},
		"part, key disabled":            {part, "first ", "last", disable, 403, "404 NoSuchKey"},
		"part, policy detached":         {part, "first ", "last", detach, 403, "404 NoSuchKey"},
		"part, upload given up":         {part, "first ", "last", at("DELETE", "/demo/slow?uploadId={upload}", ""), 404, "404 NoSuchKey"},
		"completion":                    {completion, "<CompleteMultipartUpload>", list, nothing, 200, "200"},
		"completion, key disabled":      {completion, "<CompleteMultipartUpload>", list, disable, 403, "404 NoSuchKey"},
		"completion, policy detached":   {completion, "<CompleteMultipartUpload>", list, detach, 403, "404 NoSuchKey"},
		"completion, upload given up":   {completion, "<CompleteMultipartUpload>", list, at("DELETE", "/demo/slow?uploadId={upload}", ""), 404, "404 NoSuchKey"},
		"completion, object replaced":   {completion, "<CompleteMultipartUpload>", list, at("PUT", "/demo/slow", "x"), 200, "200"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := &clock{}
			s := ossdtest.Start(t, ossdtest.Options{Declaration: sessionWorld, Now: clock.now})
			upload := initiate(t, s, "/demo/slow", request{as: "root"})
			mustSend(t, s, request{method: "PUT", target: "/demo/slow?partNumber=2&uploadId=" + upload, body: "x"})
			method, target := c.slow(upload)
			status := sendSlowly(t, s, clock, writer, method, target, c.first, func() { c.meanwhile(t, s, clock, upload) }, c.last)
			if got := outcome(t, s, "GET", "/demo/slow", ""); status != c.want || got != c.object {
				t.Errorf("answered %d, and GET %s; want %d and %s", status, got, c.want, c.object)
			}
			if status == 403 {
				if parts := listParts(t, s, "/demo/slow?uploadId="+upload); len(parts) != 1 {
					t.Errorf("parts %+v", parts)
				}
			}
		})
	}
}
