package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/blobtest"
	blobmemory "ossd/engine/blob/memory"
	"ossd/engine/meta"
	metamemory "ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
	"ossd/internal/durable"
	"ossd/protocol/signature"
)

// A node and a server with a store of its own refuse one another's directories, and
// nothing is made where the flags cannot be meant.
func TestDirectoriesOfTwoKinds(t *testing.T) {
	const rows, contents = "postgres://127.0.0.1:1/none", "s3://contents?endpoint=http://127.0.0.1:1"
	for name, c := range map[string]struct {
		format          string // of the directory; empty: a new one
		metadata, blobs string
		want            string
	}{
		"a node's, served alone":      {nodeFormat, "", "", "--metadata and --blobs"},
		"a store's, served by a node": {dataFormat, rows, contents, "ossd migrate"},
		"metadata alone":              {"", rows, "", "go together"},
		"blobs alone":                 {"", "", contents, "go together"},
		"without the master key":      {"", rows, contents, "master key"},
		"of another program":          {"another\n", rows, contents, "another version"},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			if c.format != "" {
				if err := errors.Join(os.Mkdir(data, 0o700), os.WriteFile(filepath.Join(data, "FORMAT"), []byte(c.format), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open(t.Context(), Config{Data: data, MetadataURL: c.metadata, BlobsURL: c.blobs})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want a word of %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(data, "meta")); err == nil {
				t.Error("it made rows")
			}
		})
	}
}

// While an engine cannot be reached, every API answers 503, which SDKs try again, and
// nothing that sounds like an answer about what is stored.
func TestEnginesAway(t *testing.T) {
	var rowsAway, blobsAway atomic.Bool
	rows := metatest.Faulty(metamemory.New(), func(metatest.Method) (error, error) {
		if rowsAway.Load() {
			return fmt.Errorf("test: %w", meta.ErrUnavailable), nil
		}
		return nil, nil
	})
	blobs := blobtest.Faulty(blobmemory.New(), func(blobtest.Method) (error, error) {
		if blobsAway.Load() {
			return fmt.Errorf("test: %w", blob.ErrUnavailable), nil
		}
		return nil, nil
	})
	s := openServer(t, func(c *Config) {
		c.Rows, c.Blobs, c.MasterKey = rows, blobs, make([]byte, 32)
		c.AccountID, c.AccessKeyID, c.AccessKeySecret, c.Region = "1234567890123456", "LTAItest", "secret-0123456789", "*"
	})
	cred := signature.Credentials{AccessKeyID: "LTAItest", Secret: "secret-0123456789"}
	oss := func(method, bucket, key string) *httptest.ResponseRecorder {
		body := ""
		if method == "PUT" && key != "" {
			body = "content"
		}
		r := httptest.NewRequest(method, "/"+bucket+"/"+key, strings.NewReader(body))
		r.Host = "127.0.0.1"
		signed, err := signature.NewRequest(method, r.Host, r.URL.Path, r.Header)
		if err == nil {
			err = signature.SignHeader(signature.V1Header, signed, signature.Resource{Bucket: bucket, Key: key}, cred, "", time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Header = signed.Header
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	nonce := 0
	call := func(version, action string, more ...string) *httptest.ResponseRecorder {
		nonce++
		params := url.Values{"Action": {action}, "Version": {version}, "Format": {"JSON"}}
		for i := 0; i < len(more); i += 2 {
			params.Set(more[i], more[i+1])
		}
		signature.SignRPC(http.MethodGet, params, cred, time.Now().Add(time.Second), fmt.Sprint("nonce-", nonce))
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/?"+params.Encode(), nil))
		return w
	}
	if got := []int{oss("PUT", "bucket", "").Code, oss("PUT", "bucket", "key").Code, oss("GET", "bucket", "key").Code, call("2015-04-01", "GetCallerIdentity").Code}; fmt.Sprint(got) != "[200 200 200 200]" {
		t.Fatal("all is well, but: ", got)
	}
	requests := map[string]func() *httptest.ResponseRecorder{
		"GET":        func() *httptest.ResponseRecorder { return oss("GET", "bucket", "key") },
		"PUT":        func() *httptest.ResponseRecorder { return oss("PUT", "bucket", "other") },
		"DELETE":     func() *httptest.ResponseRecorder { return oss("DELETE", "bucket", "key") },
		"list":       func() *httptest.ResponseRecorder { return oss("GET", "bucket", "") },
		"new bucket": func() *httptest.ResponseRecorder { return oss("PUT", "another", "") },
		"CreateUser": func() *httptest.ResponseRecorder { return call("2015-05-01", "CreateUser", "UserName", "alice") },
		"GetUser":    func() *httptest.ResponseRecorder { return call("2015-05-01", "GetUser", "UserName", "nobody") },
	}
	want := func(name string, w *httptest.ResponseRecorder) {
		t.Helper()
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "ServiceUnavailable") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	rowsAway.Store(true)
	for name, f := range requests {
		want(name, f())
	}
	rowsAway.Store(false)
	blobsAway.Store(true)
	for _, name := range []string{"GET", "PUT"} {
		want(name, requests[name]())
	}
	blobsAway.Store(false)
	for _, name := range []string{"GET", "PUT", "list"} {
		if w := requests[name](); w.Code != 200 {
			t.Errorf("%s afterwards: %d %s", name, w.Code, w.Body)
		}
	}
}

// A node that runs looks after the store itself; without it the directory is not enough.
func TestOpenStoppedNode(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "FORMAT"), []byte(nodeFormat), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStopped(t.Context(), data, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("while the node is stopped: %v", err)
	}
	lock, err := durable.LockFile(filepath.Join(data, "LOCK"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	if _, err := OpenStopped(t.Context(), data, slog.New(slog.DiscardHandler)); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("while the node runs: %v, want that it is asked", err)
	}
}
