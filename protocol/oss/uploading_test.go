package oss_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// Of appends that know the same position one wins, and the object holds the
// winners, whole and in their order.
func TestRaceOfAppends(t *testing.T) {
	s, _ := serveObject(t)
	want := ""
	for round := range 10 {
		var wg sync.WaitGroup
		var winner atomic.Int64
		var won atomic.Int32
		for w := range 4 {
			wg.Go(func() {
				body := strings.Repeat(fmt.Sprint(w), 1000)
				switch got := outcome(t, s, "POST", fmt.Sprintf("/demo/log?append&position=%d", round*1000), body); got {
				case "200":
					won.Add(1)
					winner.Store(int64(w))
				case "409 PositionNotEqualToLength":
				default:
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d appends succeeded", round, won.Load())
		}
		want += strings.Repeat(fmt.Sprint(winner.Load()), 1000)
	}
	if got := read(t, s, "/demo/log"); got != want {
		t.Errorf("%d bytes, want %d: %.40q…", len(got), len(want), got)
	}
}

// An upload ends once: of completions and abortions that race one succeeds, and
// the object is there exactly if that was a completion.
func TestRaceOfEnds(t *testing.T) {
	s, _ := serveObject(t)
	for round := range 10 {
		target := fmt.Sprintf("/demo/raced%d", round)
		upload := initiate(t, s, target, request{as: "root"})
		mustSend(t, s, request{method: "PUT", target: target + "?partNumber=1&uploadId=" + upload, body: "x"})
		var wg sync.WaitGroup
		var completed, aborted atomic.Int32
		for w := range 6 {
			wg.Go(func() {
				method, header, won := "POST", []string{"x-oss-complete-all", "yes"}, &completed
				if w%2 == 1 {
					method, header, won = "DELETE", nil, &aborted
				}
				switch got := outcome(t, s, method, target+"?uploadId="+upload, "", header...); got {
				case "200", "204":
					won.Add(1)
				case "404 NoSuchUpload":
				default:
					t.Error(got)
				}
			})
		}
		// A part that comes in meanwhile is in time or too late, and never harms.
		wg.Go(func() {
			if got := outcome(t, s, "PUT", target+"?partNumber=1&uploadId="+upload, "y"); got != "200" && got != "404 NoSuchUpload" {
				t.Error(got)
			}
		})
		wg.Wait()
		if completed.Load()+aborted.Load() != 1 {
			t.Errorf("%d completions and %d abortions succeeded", completed.Load(), aborted.Load())
		}
		if got := outcome(t, s, "GET", target, ""); (got == "200") != (completed.Load() == 1) {
			t.Errorf("after %d completions: %s", completed.Load(), got)
		}
	}
	if left := listUploads(t, s); len(left) != 0 {
		t.Errorf("uploads %q are left", left)
	}
}

// Who forbids to overwrite does not, whatever else races, and whichever way the object is made.
func TestRaceOfFirstWrites(t *testing.T) {
	s, _ := serveObject(t)
	for round := range 10 {
		target := fmt.Sprintf("/demo/first%d", round)
		upload := initiate(t, s, target, request{as: "root"})
		mustSend(t, s, request{method: "PUT", target: target + "?partNumber=1&uploadId=" + upload, body: "x"})
		const forbid = "x-oss-forbid-overwrite"
		var wg sync.WaitGroup
		var won atomic.Int32
		for _, try := range []func() string{
			func() string { return outcome(t, s, "PUT", target, "x", forbid, "true") },
			func() string {
				return outcome(t, s, "PUT", target, "", forbid, "true", "x-oss-copy-source", "/demo/dir/a%20b.txt")
			},
			func() string {
				return outcome(t, s, "PUT", target+"?symlink", "", forbid, "true", "x-oss-symlink-target", "a")
			},
			func() string {
				return outcome(t, s, "POST", target+"?uploadId="+upload, "", forbid, "true", "x-oss-complete-all", "yes")
			},
			func() string { return outcome(t, s, "POST", target+"?append&position=0", "x", forbid, "true") },
		} {
			wg.Go(func() {
				switch got := try(); got {
				case "200":
					won.Add(1)
				case "409 FileAlreadyExists", "409 ObjectNotAppendable":
				default:
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d writes were the first", won.Load())
		}
	}
}

// Writers that race in a bucket with versions lose nothing: each has its version.
func TestRaceOfVersions(t *testing.T) {
	s, _ := serveObject(t)
	mustSend(t, s, request{method: "PUT", target: "/demo?versioning", body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"})
	var mu sync.Mutex
	want := map[string]string{} // version: content, "" of a marker
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				q := request{method: "PUT", target: "/demo/raced", body: fmt.Sprintf("%d.%d", w, i), as: "root", scheme: signature.V4Header}
				if i%3 == 2 {
					q.method, q.body = "DELETE", ""
				}
				resp := send(t, s, q)
				mu.Lock()
				want[resp.Header.Get("x-oss-version-id")] = q.body
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	var page struct {
		Version, DeleteMarker []struct {
			VersionId string
			IsLatest  bool
		}
	}
	if err := xml.Unmarshal([]byte(read(t, s, "/demo?versions&prefix=raced")), &page); err != nil {
		t.Fatal(err)
	}
	latest := 0
	for _, v := range append(page.Version, page.DeleteMarker...) {
		if v.IsLatest {
			latest++
		}
	}
	if n := len(page.Version) + len(page.DeleteMarker); n != 40 || len(want) != 40 || latest != 1 {
		t.Errorf("%d versions are listed, %d were named, %d are the latest", n, len(want), latest)
	}
	for id, body := range want {
		if body == "" {
			if got := outcome(t, s, "GET", "/demo/raced?versionId="+id, ""); got != "405 MethodNotAllowed" {
				t.Errorf("delete marker %s: %s", id, got)
			}
		} else if got := read(t, s, "/demo/raced?versionId="+id); got != body {
			t.Errorf("version %s: %q, want %q", id, got, body)
		}
	}
}

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
