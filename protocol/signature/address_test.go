package signature

import (
	"slices"
	"testing"
)

func TestResolve(t *testing.T) {
	d := &Domains{
		Service: []string{"example.com", "oss.example.com"},
		CNAMEs:  map[string]string{"static.example.net": "bound"},
	}
	for _, tt := range []struct {
		host, path string
		want       []Resource
	}{
		{"b.oss.example.com", "/k", []Resource{{Bucket: "b", Key: "k"}}},
		{"B.OSS.Example.com:9000", "/K", []Resource{{Bucket: "b", Key: "K"}}},
		{"b.oss.example.com", "", []Resource{{Bucket: "b"}}},
		{"b.oss.example.com", "/", []Resource{{Bucket: "b"}}},
		{"b.oss.example.com", "//", []Resource{{Bucket: "b", Key: "/"}}},
		{"b.oss.example.com", "/a//b/./../c/", []Resource{{Bucket: "b", Key: "a//b/./../c/"}}},
		{"b.oss.example.com", "/%2Flead+x%2B", []Resource{{Bucket: "b", Key: "/lead x+"}}},
		{"b.oss.example.com", "/b/k", []Resource{{Bucket: "b", Key: "b/k"}, {Bucket: "b", Key: "k"}}},
		{"b.oss.example.com", "/b/", []Resource{{Bucket: "b", Key: "b/"}, {Bucket: "b"}}},
		{"b.oss.example.com", "/b", []Resource{{Bucket: "b", Key: "b"}}},
		{"b.localhost:8280", "/k", []Resource{{Bucket: "b", Key: "k"}}},
		{"static.example.net", "/k", []Resource{{Bucket: "bound", Key: "k"}}},
		{"static.example.net", "/bound/k", []Resource{{Bucket: "bound", Key: "bound/k"}}},

		// The service domain itself, even below another service domain.
		{"oss.example.com", "/b/k", []Resource{{Bucket: "b", Key: "k"}}},
		{".oss.example.com", "/", []Resource{{}}},
		{"localhost:8280", "/b/k", []Resource{{Bucket: "b", Key: "k"}}},
		{"127.0.0.1:9000", "/", []Resource{{}}},
		{"127.0.0.1:9000", "//", []Resource{{}}},
		{"127.0.0.1:9000", "", []Resource{{}}},
		{"127.0.0.1:9000", "/b/", []Resource{{Bucket: "b"}}},
		{"127.0.0.1:9000", "/b", []Resource{{Bucket: "b"}, {Bucket: "b", bare: true}}},
		{"127.0.0.1:9000", "/b%2Fk%2F1", []Resource{{Bucket: "b", Key: "k/1"}}},
		{"[::1]:9000", "/b/b/k", []Resource{{Bucket: "b", Key: "b/k"}}},
		{"[::1]", "/b//k", []Resource{{Bucket: "b", Key: "/k"}}},
		{"xexample.com", "/b/k", []Resource{{Bucket: "b", Key: "k"}}},
	} {
		got, err := d.Resolve(&Request{Host: tt.host, Path: tt.path})
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s %s: %+v, %v, want %+v", tt.host, tt.path, got, err, tt.want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, tt := range []struct{ path, code string }{
		{"/b/%", "InvalidArgument"},
		{"/b/%4", "InvalidArgument"},
		{"/b/%zz", "InvalidArgument"},
		{"*", "InvalidArgument"},
		{"/b/%FF", "InvalidObjectName"},
		{"//b/k", "InvalidBucketName"},
	} {
		_, err := new(Domains).Resolve(&Request{Host: "127.0.0.1", Path: tt.path})
		if e, ok := err.(*Error); !ok || e.Code != tt.code {
			t.Errorf("%s: %v, want %s", tt.path, err, tt.code)
		}
	}
}

func TestNewRequest(t *testing.T) {
	for _, tt := range []struct{ target, path, query string }{
		{"/b/k?acl", "/b/k", "acl"},
		{"/b/k?a=http://x/?y", "/b/k", "a=http%3A%2F%2Fx%2F%3Fy"},
		{"/b/http://x", "/b/http://x", ""},
		{"http://example.com/b//k?x=1", "/b//k", "x=1"},
		{"http://example.com?x=1", "/", "x=1"},
		{"//b", "//b", ""},
		{"*", "*", ""},
	} {
		r, err := NewRequest("GET", "example.com", tt.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Path != tt.path || r.Query.Encode() != tt.query {
			t.Errorf("%s: path %q query %q, want %q %q", tt.target, r.Path, r.Query.Encode(), tt.path, tt.query)
		}
	}
	if _, err := NewRequest("GET", "example.com", "/?a=%", nil); err == nil {
		t.Error("a malformed escape in the query was accepted")
	}
}
