package oss

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ossd/objectstore"
)

func TestAcceptsGzip(t *testing.T) {
	for _, c := range []struct {
		header string
		want   bool
	}{
		{"gzip", true}, {"GZIP", true}, {"x-gzip", true}, {"gzip, deflate", true}, {"deflate,gzip", true}, {" br ,\tgzip ", true},
		{"gzip;q=1", true}, {"gzip;q=0.001", true}, {"gzip ; Q=0.5", true}, {"gzip;level=1;q=0.5", true}, {"deflate;q=0, gzip", true},
		{"identity;q=0, gzip;q=0.1", true}, {"gzip, identity", true}, {",,gzip,", true},
		{"", false}, {"identity", false}, {"deflate", false}, {"*", false}, {"gzipped", false}, {"notgzip", false}, {"gzip deflate", false},
		{"gzip;q=0", false}, {"gzip;q=0.000", false}, {"gzip; q = 0", false}, {"*, gzip;q=0", false}, {"identity, gzip;q=0.5", false},
		{"gzip;q=2", false}, {"gzip;q=-1", false}, {"gzip;q=NaN", false}, {"gzip;q=", false}, {"gzip;q=x", false}, {"gzip;q", false},
	} {
		if got := acceptsGzip([]string{c.header}); got != c.want {
			t.Errorf("%q: %v", c.header, got)
		}
	}
	if !acceptsGzip([]string{"deflate", "gzip"}) {
		t.Error("the header's second line was not read")
	}
}

type plainContent struct{ *strings.Reader }

func (plainContent) Close() error { return nil }

// When too many answers are being compressed, further ones are sent as they are.
func TestCompressorsAreBounded(t *testing.T) {
	const text = "text "
	answer := func() (*http.Response, objectstore.Content) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w.Header()["ETag"] = []string{"tag"}
		c := &call{w: w, r: r}
		out := &getObjectOutput{length: minGzip, objectHeaders: objectHeaders{Stored: []objectstore.Header{{Name: "Content-Type", Value: "text/xml"}}}}
		out.content = func() (objectstore.Content, error) {
			return plainContent{strings.NewReader(strings.Repeat(text, minGzip)[:minGzip])}, nil
		}
		c.compress(out)
		content, length, err := out.open()
		if err != nil || (length == -1) != (w.Header()["Content-Encoding"] != nil) || (length == -1) != (w.Header()["ETag"] == nil) {
			t.Fatalf("length %d, headers %v, %v", length, w.Header(), err)
		}
		return w.Result(), content
	}
	var open []objectstore.Content
	for i := range maxCompressors + 1 {
		resp, content := answer()
		open = append(open, content)
		if packed := resp.Header.Get("Content-Encoding") != ""; packed != (i < maxCompressors) {
			t.Fatalf("answer %d: packed %v", i, packed)
		}
	}
	for i, content := range open {
		var b bytes.Buffer
		if n, err := content.WriteTo(&b); err != nil || n != int64(b.Len()) {
			t.Fatalf("wrote %d, %d arrived, %v", n, b.Len(), err)
		}
		if i < maxCompressors {
			z, err := gzip.NewReader(&b)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, z); n != minGzip || err != nil {
				t.Fatalf("unpacked to %d bytes, %v", n, err)
			}
		}
		content.Close()
	}
	if resp, content := answer(); resp.Header.Get("Content-Encoding") != "gzip" {
		t.Error("closed answers still count")
	} else {
		content.Close()
	}
}
