package oss_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"ossd/audit"
	"ossd/ossdtest"
	"ossd/server"
)

// lockedBuffer is written by the server and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// records waits until n requests have been recorded.
func (l *lockedBuffer) records(t *testing.T, n int) (all []audit.Record) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		lines := bytes.Split(bytes.TrimSpace(l.b.Bytes()), []byte("\n"))
		l.mu.Unlock()
		if len(lines) >= n {
			for _, line := range lines {
				var r audit.Record
				if err := json.Unmarshal(line, &r); err != nil {
					t.Fatal(err)
				}
				all = append(all, r)
			}
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d records, want %d", len(lines), n)
		}
	}
}

// Records name all that a request was about: what was copied from, permitted or
// not, which version, and which keys a deletion of many named.
func TestAuditNamesEverything(t *testing.T) {
	var log lockedBuffer
	s := ossdtest.Start(t, ossdtest.Options{Declaration: declaration, Wrap: func(c *server.Config) { c.AuditTo = &log }})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	mustSend(t, s, request{method: "PUT", target: "/demo/a", body: "x"})
	mustSend(t, s, request{method: "PUT", target: "/demo/b", header: http.Header{"X-Oss-Copy-Source": {"/demo/a?versionId=null"}}})
	send(t, s, request{method: "PUT", target: "/demo/c", header: http.Header{"X-Oss-Copy-Source": {"/private/a"}}, as: "other", scheme: "v4-header"})
	mustSend(t, s, request{method: "GET", target: "/demo/a?versionId=null"})
	mustSend(t, s, request{method: "POST", target: "/demo?delete", body: "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>"})
	all := log.records(t, 6)
	if r := all[2]; r.Operation != "CopyObject" || r.Key != "b" || r.Source != "demo/a" {
		t.Errorf("copy: %+v", r)
	}
	if r := all[3]; r.Status != 403 || r.Key != "c" {
		t.Errorf("denied copy: %+v", r)
	}
	if r := all[4]; r.Version != "null" {
		t.Errorf("read of a version: %+v", r)
	}
	if r := all[5]; r.KeyCount != 2 || !slices.Equal(r.Keys, []string{"a", "b"}) {
		t.Errorf("deletion: %+v", r)
	}
}
