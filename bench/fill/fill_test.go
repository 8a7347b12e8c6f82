package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// do sends a signed request to a server and wants success.
func do(t *testing.T, s *ossdtest.Server, method, bucket, key string, body []byte) string {
	t.Helper()
	cred := signature.Credentials{AccessKeyID: ossdtest.AccessKeyID, Secret: ossdtest.AccessKeySecret}
	r := &signature.Request{Method: method, Host: s.Addr, Path: "/" + bucket + "/" + signature.EncodePath(key), Header: http.Header{}}
	if err := signature.Presign(signature.V4URL, r, signature.Resource{Bucket: bucket, Key: key}, cred, ossdtest.Region, time.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.URL+r.Path+"?"+r.Query.Encode(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s/%s: %s, %v: %s", method, bucket, key, resp.Status, err, answer)
	}
	return string(answer)
}

// A server lists what was filled.
func TestFill(t *testing.T) {
	data := t.TempDir()
	s := ossdtest.Start(t, ossdtest.Options{Data: data})
	do(t, s, "PUT", "bench", "", nil)
	s.Stop()
	o := options{data: data, bucket: "bench", objects: 25, prefixes: 10, versions: 2}
	if err := o.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = ossdtest.Start(t, ossdtest.Options{Data: data})
	page := do(t, s, "GET", "bench", "", nil)
	for _, want := range []string{o.key(0), o.key(24)} {
		if !bytes.Contains([]byte(page), []byte("<Key>"+want+"</Key>")) {
			t.Errorf("%s is not listed", want)
		}
	}
	if n := bytes.Count([]byte(page), []byte("<Key>")); n != o.objects {
		t.Errorf("%d keys are listed, want %d", n, o.objects)
	}
}

// What was deleted a moment ago is freed, what was not stays.
func TestSweep(t *testing.T) {
	data := t.TempDir()
	s := ossdtest.Start(t, ossdtest.Options{Data: data})
	do(t, s, "PUT", "bench", "", nil)
	do(t, s, "PUT", "bench", "small", []byte("small"))
	do(t, s, "PUT", "bench", "large", make([]byte, 1<<20))
	s.Stop() // what stays lies in a segment of its own run
	s = ossdtest.Start(t, ossdtest.Options{Data: data})
	do(t, s, "PUT", "bench", "kept", []byte("kept"))
	do(t, s, "DELETE", "bench", "small", nil)
	do(t, s, "DELETE", "bench", "large", nil)
	s.Stop()
	if n := contents(t, data); n != 3 {
		t.Fatalf("%d files with contents before, want 3", n)
	}
	if err := (&options{data: data}).sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := contents(t, data); n != 1 {
		t.Errorf("%d files with contents, want that of what was kept", n)
	}
	s = ossdtest.Start(t, ossdtest.Options{Data: data})
	if got := do(t, s, "GET", "bench", "kept", nil); got != "kept" {
		t.Errorf("kept: %q", got)
	}
}

// contents counts segments and files of large blobs.
func contents(t *testing.T, data string) (n int) {
	t.Helper()
	for _, dir := range []string{"segments", "blob"} {
		if err := filepath.WalkDir(filepath.Join(data, dir), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && d.Name() != "LOCK" && d.Name() != "FORMAT" {
				n++
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}
