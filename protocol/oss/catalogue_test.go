package oss_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/oss"
	"ossd/protocol/signature"
	"ossd/server"
)

// catalogued is the number of operations that the vendor's API overview and the
// official SDKs know of, without the newest: 35 that every client uses, 66 that
// configure what others do, 88 that only store something or need other products.
const catalogued = 189

// preflight is never signed and has an answer of its own: no bucket has CORS rules.
const preflight = "OptionObject"

func TestCatalogueIsWhole(t *testing.T) {
	served, unserved := map[string]bool{}, map[string]bool{}
	for _, o := range oss.Operations {
		served[o.Name] = true
	}
	for _, o := range oss.Unserved {
		if served[o.Name] {
			t.Errorf("%s is served and yet in the list of what is not", o.Name)
		}
		unserved[o.Name] = true
	}
	if n := len(served) + len(unserved); n != catalogued {
		t.Errorf("%d operations are served and %d are not: %d in all, want %d", len(served), len(unserved), n, catalogued)
	}
}

// No request for an unserved operation is as good as one for a served operation:
// the declaration of the unserved one says more.
func TestUnservedIsNotServed(t *testing.T) {
	marks := func(o *oss.Operation) int { return len(o.Query) + len(strings.Fields(o.By)) }
	for _, u := range oss.Unserved {
		for _, s := range oss.Operations {
			if s.Form || s.Method != u.Method || s.On != u.On || s.By != "" && s.By != u.By {
				continue
			}
			fits := !slices.ContainsFunc(s.Query, func(want string) bool {
				return !slices.ContainsFunc(u.Query, func(given string) bool { return given == want || strings.HasPrefix(given, want+"=") })
			})
			if fits && marks(s) >= marks(u) {
				t.Errorf("a request for %s asks for %s as well", u.Name, s.Name)
			}
		}
	}
}

// The owner of bucket and object is refused each of them, by name.
func TestUnservedIsRefused(t *testing.T) {
	s, _ := serveObject(t)
	for _, o := range oss.Unserved {
		if o.Name == preflight {
			continue
		}
		status, e := refusal(t, s, requestFor(o), "root")
		if want := o.Name + " is not implemented by this server."; status != 400 || e.Code != "NotImplemented" || e.Message != want {
			t.Errorf("%s: %d %s %q", o.Name, status, e.Code, e.Message)
		}
		if !slices.ContainsFunc(o.Query, func(q string) bool { return q == e.ArgumentName || strings.HasPrefix(q, e.ArgumentName+"=") }) && e.Header != o.By {
			t.Errorf("%s: refused because of %q%q", o.Name, e.ArgumentName, e.Header)
		}
	}
	for _, key := range []string{"dir/a%20b.txt", "absent"} {
		resp, ok := raw(s, "OPTIONS /demo/"+key+" HTTP/1.1\r\nHost: "+s.Addr+"\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\n\r\n")
		if !ok || verdict(resp) != "Forbidden AccessForbidden" {
			t.Errorf("%s of %s: %s", preflight, key, verdict(resp))
		}
	}
}

// A name is given where one operation is meant and nothing of a served one.
func TestUnservedIsNamed(t *testing.T) {
	s, _ := serveObject(t)
	const parameter = "A parameter you provided implies functionality that is not implemented."
	for target, want := range map[string][2]string{
		"GET /demo?lifecycle":                          {"GetBucketLifecycle is not implemented by this server.", "lifecycle"},
		"GET /demo?comp=callback&policy":               {"GetBucketCallbackPolicy is not implemented by this server.", "comp"},
		"GET /demo?comp=none&policy":                   {parameter, "comp"},
		"POST /demo/l?endTime=2&startTime=1&vod":       {"PostVodPlaylist is not implemented by this server.", "endTime"},
		"POST /demo/a?x-oss-process=image%2Finfo":      {"ProcessObject is not implemented by this server.", "x-oss-process"},
		"GET /demo/dir/a%20b.txt?x-oss-process=style":  {parameter, "x-oss-process"}, // GetObject, and more
		"GET /demo?acl&policy":                         {parameter, "policy"},        // which of both?
		"DELETE /demo?udf":                             {parameter, "udf"},           // in no catalogue
		"HEAD /demo/dir/a%20b.txt?lifecycle":           {parameter, "lifecycle"},     // no operation has it so
		"PUT /demo/dir/a%20b.txt?acl&x-oss-newer-than": {parameter, "x-oss-newer-than"},
	} {
		method, target, _ := strings.Cut(target, " ")
		status, e := refusal(t, s, request{method: method, target: target}, "root")
		if status != 400 || e.Code != "NotImplemented" || e.Message != want[0] || e.ArgumentName != want[1] {
			t.Errorf("%s %s: %d %s %q because of %q", method, target, status, e.Code, e.Message, e.ArgumentName)
		}
	}
}

// Operations that are in no catalogue are not taken for older ones either (Go SDK v2
// 1.6.1; vendor documentation "Operations related to resource pool QoS"), and a
// listing that is to be filtered is not answered in full.
func TestNewerOperationsAreRefused(t *testing.T) {
	s, _ := serveObject(t)
	mustSend(t, s, request{method: "PUT", target: "/empty"})
	for _, target := range []string{
		"PUT /empty?quota", "GET /empty?quota", "DELETE /empty?quota", "DELETE /empty?metadataConfiguration", "GET /empty?metadataConfiguration",
		"PUT /fresh?metadataInventoryTable", "PUT /fresh?metadataJournalTable", "PUT /fresh?agenticBucket", "GET /?agenticBucket",
		"PUT /fresh?resourcePoolBucketGroup=a", "GET /?resourcePoolBucketGroupQosInfo", "GET /?resourcePoolBucketGroupQoSInfo", "GET /?priorityQos",
	} {
		method, target, _ := strings.Cut(target, " ")
		if status, e := refusal(t, s, request{method: method, target: target}, "root"); status != 400 || e.Code != "NotImplemented" {
			t.Errorf("%s %s: %d %s", method, target, status, e.Code)
		}
	}
	mustSend(t, s, request{method: "GET", target: "/empty"})
	if status, e := refusal(t, s, request{method: "GET", target: "/fresh"}, "root"); e.Code != "NoSuchBucket" {
		t.Errorf("a bucket that nobody made: %d %s", status, e.Code)
	}
}

// Whoever may do nothing learns only what stands in their own request.
func TestUnservedTellsNothing(t *testing.T) {
	s, _ := serveObject(t)
	for _, o := range oss.Unserved {
		if o.Name == preflight || o.On == oss.Service {
			continue
		}
		for _, caller := range []string{"nobody", "other", "anonymous"} {
			there, gone := requestFor(o), requestFor(o)
			gone.target = strings.Replace(gone.target, "/demo", "/absent", 1)
			status, e := refusal(t, s, there, caller)
			again, same := refusal(t, s, gone, caller)
			if status != 400 || again != status || same != e {
				t.Errorf("%s by %s: %d %+v, and where no bucket is %d %+v", o.Name, caller, status, e, again, same)
			}
		}
	}
}

// The record says what was asked for, not what the request would be without its sub-resource.
func TestUnservedIsRecorded(t *testing.T) {
	var records bytes.Buffer
	s := ossdtest.Start(t, ossdtest.Options{Wrap: func(c *server.Config) { c.AuditTo = &records }})
	refusal(t, s, request{method: "DELETE", target: "/demo?lifecycle"}, "root")
	s.Stop()
	var got struct{ Operation, Code string }
	if err := json.Unmarshal(records.Bytes(), &got); err != nil || got.Operation != "DeleteBucketLifecycle" || got.Code != "NotImplemented" {
		t.Errorf("record %s (%v)", &records, err)
	}
}

// requestFor spells a request that has what the declaration asks for, and no more.
func requestFor(o *oss.Operation) request {
	q := request{method: o.Method, target: map[oss.Target]string{oss.Service: "/", oss.Bucket: "/demo", oss.Object: "/demo/dir/a%20b.txt"}[o.On], header: http.Header{}}
	separator := "?"
	for _, p := range o.Query {
		name, value, hasValue := strings.Cut(p, "=")
		q.target += separator + name
		if separator = "&"; hasValue {
			q.target += "=" + url.QueryEscape(value)
		}
	}
	if o.By != "" {
		q.header.Set(o.By, "/demo/dir/a%20b.txt")
	}
	return q
}

type refusalDocument struct{ Code, Message, ArgumentName, Header string }

// refusal sends the request and reads why it is refused, also where only headers are sent.
func refusal(t *testing.T, s *ossdtest.Server, q request, caller string) (status int, e refusalDocument) {
	t.Helper()
	q.as, q.scheme = caller, signature.V4Header
	resp := send(t, s, q)
	document, err := io.ReadAll(resp.Body)
	if err == nil && q.method == "HEAD" {
		document, err = base64.StdEncoding.DecodeString(resp.Header.Get("x-oss-err"))
	}
	if err == nil && resp.StatusCode/100 != 2 {
		err = xml.Unmarshal(document, &e)
	}
	if err != nil {
		t.Fatalf("%s %s: %d %q: %v", q.method, q.target, resp.StatusCode, document, err)
	}
	return resp.StatusCode, e
}
