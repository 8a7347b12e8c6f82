package oss_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/protocol/signature"
)

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
