package oss_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"ossd/engine/blob"
	"ossd/ossdtest"
	"ossd/protocol/signature"
	"ossd/server"
)

// sendV4 asks for an object by a V4 signature, with headers in pairs.
func sendV4(t *testing.T, s *ossdtest.Server, method, target string, headers ...string) *http.Response {
	t.Helper()
	h := http.Header{"Accept-Encoding": {"identity"}} // or the client would add its own
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return send(t, s, request{method: method, target: target, header: h, as: "root", scheme: signature.V4Header})
}

// Objects of the documented types and of 1024 bytes on are packed for who accepts it, and only then.
func TestGzip(t *testing.T) {
	s, _ := serveObject(t)
	text := strings.Repeat("0123456789abcdef", 64) // 1024 bytes
	large := strings.Repeat(text, 700)             // more than any buffer
	for key, o := range map[string]struct{ kind, encoding, body string }{
		"plain": {"text/plain", "", text}, "short": {"text/plain", "", text[1:]}, "large": {"text/plain", "", large},
		"charset": {"Text/CSS ; charset=utf-8", "", text}, "binary": {"application/octet-stream", "", text},
		"html": {"text/html", "", text}, "untyped": {"", "", text}, "encoded": {"text/plain", "br", text},
	} {
		h := http.Header{"Content-Type": {o.kind}, "Content-Encoding": {o.encoding}}
		for name := range h {
			if h.Get(name) == "" {
				h.Del(name)
			}
		}
		mustSend(t, s, request{method: "PUT", target: "/demo/" + key, header: h, body: o.body})
	}
	for name, c := range map[string]struct {
		method, key, accept string
		headers             []string
		packed              bool
	}{
		"exactly 1024 bytes":    {"GET", "plain", "gzip", nil, true},
		"several codings":       {"GET", "plain", "deflate, gzip;q=0.5, br", nil, true},
		"large":                 {"GET", "large", "gzip", nil, true},
		"type with parameters":  {"GET", "charset", "gzip", nil, true},
		"override of the type":  {"GET", "binary?response-content-type=application%2Fjson", "gzip", nil, true},
		"range that is ignored": {"GET", "plain", "gzip", []string{"Range", "bytes=5000-"}, true},
		"not accepted":          {"GET", "plain", "identity", nil, false},
		"refused":               {"GET", "plain", "gzip;q=0", nil, false},
		"1023 bytes":            {"GET", "short", "gzip", nil, false},
		"other type":            {"GET", "binary", "gzip", nil, false},
		"HTML":                  {"GET", "html", "gzip", nil, false},
		"no type":               {"GET", "untyped", "gzip", nil, false},
		"override to another":   {"GET", "plain?response-content-type=image%2Fpng", "gzip", nil, false},
		"own encoding":          {"GET", "encoded", "gzip", nil, false},
		"override of encoding":  {"GET", "plain?response-content-encoding=br", "gzip", nil, false},
		"range":                 {"GET", "plain", "gzip", []string{"Range", "bytes=0-1023"}, false},
		"HEAD":                  {"HEAD", "plain", "gzip", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			target := "/demo/" + c.key
			plain := sendV4(t, s, c.method, target, c.headers...)
			want, _ := io.ReadAll(plain.Body)
			resp := sendV4(t, s, c.method, target, append([]string{"Accept-Encoding", c.accept}, c.headers...)...)
			if resp.StatusCode != plain.StatusCode || resp.Header.Get("X-Oss-Hash-Crc64ecma") != plain.Header.Get("X-Oss-Hash-Crc64ecma") {
				t.Errorf("answered %s %v, unpacked %s %v", resp.Status, resp.Header, plain.Status, plain.Header)
			}
			if resp.Header.Get("Content-Type") != plain.Header.Get("Content-Type") || plain.Header.Get("ETag") == "" {
				t.Errorf("headers %v, unpacked %v", resp.Header, plain.Header)
			}
			if packed := resp.Header.Get("Content-Encoding") == "gzip"; packed != c.packed {
				t.Fatalf("packed: %v, headers %v", packed, resp.Header)
			}
			body := io.Reader(resp.Body)
			if c.packed {
				if resp.ContentLength != -1 || len(resp.TransferEncoding) != 1 || resp.Header.Get("ETag") != "" || resp.Header.Get("Content-MD5") != "" {
					t.Errorf("length %d, transfer %v, headers %v", resp.ContentLength, resp.TransferEncoding, resp.Header)
				}
				z, err := gzip.NewReader(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			} else if resp.ContentLength != plain.ContentLength || resp.Header.Get("ETag") != plain.Header.Get("ETag") {
				t.Errorf("length %d, headers %v", resp.ContentLength, resp.Header)
			}
			if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes of %d, %v", len(got), len(want), err)
			}
		})
	}
}

// The record counts what was sent.
func TestGzipRecord(t *testing.T) {
	var records bytes.Buffer
	s := ossdtest.Start(t, ossdtest.Options{Wrap: func(c *server.Config) { c.AuditTo = &records }})
	mustSend(t, s, request{method: "PUT", target: "/demo"})
	mustSend(t, s, request{method: "PUT", target: "/demo/a", header: http.Header{"Content-Type": {"text/plain"}}, body: strings.Repeat("a", 100<<10)})
	sent, _ := io.ReadAll(sendV4(t, s, "GET", "/demo/a", "Accept-Encoding", "gzip").Body)
	s.Stop()
	var last struct {
		Operation string
		BytesOut  int
	}
	for d := json.NewDecoder(&records); d.More(); {
		if err := d.Decode(&last); err != nil {
			t.Fatal(err)
		}
	}
	if last.Operation != "GetObject" || last.BytesOut != len(sent) || len(sent) > 10<<10 {
		t.Errorf("%d bytes were sent, the record says %+v", len(sent), last)
	}
}

// breakingStore is a store whose reads end early: with an error, or as if that were all.
type breakingStore struct {
	blob.Store
	end error
}

type breakingReader struct {
	blob.Reader
	end error
}

func (b breakingStore) Open(ctx context.Context, ref blob.Ref, offset, length int64) (blob.Reader, error) {
	r, err := b.Store.Open(ctx, ref, offset, length)
	return breakingReader{r, b.end}, err
}

func (r breakingReader) WriteTo(w io.Writer) (int64, error) {
	n, err := io.CopyN(w, r.Reader, 200<<10)
	return n, errors.Join(err, r.end)
}

// An object that cannot be read to its end leaves nothing that could be taken for it.
func TestGzipBreaksOff(t *testing.T) {
	for name, end := range map[string]error{"error": errors.New("disk is gone"), "early end": nil} {
		t.Run(name, func(t *testing.T) {
			s := ossdtest.Start(t, ossdtest.Options{Wrap: func(c *server.Config) { c.Blobs = breakingStore{c.Blobs, end} }})
			mustSend(t, s, request{method: "PUT", target: "/demo"})
			mustSend(t, s, request{method: "PUT", target: "/demo/a", header: http.Header{"Content-Type": {"text/plain"}}, body: incompressible(300 << 10)})
			for _, version := range []string{"HTTP/1.1", "HTTP/1.0"} { // 1.0 knows no chunks: the packed form itself must tell
				target := sign(t, request{method: "GET", host: s.Addr, target: "/demo/a", as: "root", scheme: signature.V4URL})
				resp, body, err := dial(t, s, "GET "+target+" "+version+"\r\nHost: "+s.Addr+"\r\nAccept-Encoding: gzip\r\n\r\n", false)
				if resp == nil || resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "gzip" {
					t.Fatalf("%s: answered %v, %v", version, resp, err)
				}
				if version == "HTTP/1.1" && err == nil {
					t.Errorf("the chunked body ended well after %d bytes", len(body))
				}
				z, err := gzip.NewReader(bufio.NewReader(strings.NewReader(body)))
				if err != nil {
					t.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, z); err == nil || n > 200<<10 {
					t.Errorf("%s: what came, %d bytes, unpacks to %d, %v", version, len(body), n, err)
				}
			}
		})
	}
}

// incompressible is text that no packer makes shorter than the buffers of a connection.
func incompressible(n int) string {
	b := make([]byte, n)
	x := uint64(1)
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = byte(x >> 56)
	}
	return string(b)
}
