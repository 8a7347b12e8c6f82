package signature

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want Query
	}{
		{"", nil},
		{"&&", Query{}},
		{"acl", Query{{Name: "acl", Bare: true}}},
		{"acl=", Query{{Name: "acl"}}},
		{"&b=2&&a=1&", Query{{Name: "b", Value: "2"}, {Name: "a", Value: "1"}}},
		{"a=b=c", Query{{Name: "a", Value: "b=c"}}},
		{"a+b=c+d%2B", Query{{Name: "a b", Value: "c d+"}}},
		{"a=%E7%9B%AE;x", Query{{Name: "a", Value: "目;x"}}},
		{"a=%00%ff", Query{{Name: "a", Value: "\x00\xff"}}},
		{"=x", Query{{Value: "x"}}},
	} {
		got, err := ParseQuery(tt.raw)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: %+v, %v, want %+v", tt.raw, got, err, tt.want)
		}
	}
	for _, raw := range []string{"a=%", "a=%1", "a=%1g", "%zz", "a=%%20", strings.Repeat("a&", maxParameters)} {
		if got, err := ParseQuery(raw); err == nil {
			t.Errorf("%.20q is accepted: %+v", raw, got)
		}
	}
}

func TestQueryLookup(t *testing.T) {
	q, err := ParseQuery("a=1&b&a=2")
	if err != nil {
		t.Fatal(err)
	}
	if q.Get("a") != "1" || q.Get("b") != "" || q.Get("c") != "" {
		t.Errorf("Get: %q %q %q, want the first value or nothing", q.Get("a"), q.Get("b"), q.Get("c"))
	}
	if !q.Has("b") || q.Has("c") || q.Has("A") {
		t.Error("Has must tell a bare name, and distinguish case")
	}
}

func TestRepeated(t *testing.T) {
	var long strings.Builder
	for i := range 100 {
		fmt.Fprintf(&long, "p%d&", i)
	}
	for _, tt := range []struct{ raw, want string }{
		{"a=1&b=1", ""},
		{"a=1&b&a=1", "a"},
		{"a&a=", "a"},
		{"Expires=1&Expires=2&Signature=x&Signature=y&OSSAccessKeyId=a&OSSAccessKeyId=b", ""},
		{"x-oss-signature=1&x-oss-signature=2&x-oss-process=1&x-oss-process=2", "x-oss-process"},
		{long.String(), ""},
		{long.String() + "p7", "p7"},
		{long.String() + "Expires&Expires", ""},
	} {
		q, err := ParseQuery(tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := q.Repeated(); name != tt.want || ok != (tt.want != "") {
			t.Errorf("%.40s: %q, %v, want %q", tt.raw, name, ok, tt.want)
		}
	}
}

func TestEncodePath(t *testing.T) {
	for key, want := range map[string]string{
		"":              "",
		"a//b/ c~+%é":   "a//b/%20c~%2B%25%C3%A9",
		"!'()*:@&=$,;?": "%21%27%28%29%2A%3A%40%26%3D%24%2C%3B%3F",
	} {
		if got := EncodePath(key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}

// FuzzParseQuery: what is parsed survives encoding, and nothing panics.
func FuzzParseQuery(f *testing.F) {
	for _, raw := range []string{"", "a=1&b", "a+b=%2B&&=", "%E7%9B%AE=;", "a=%", "a&a=&A"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := ParseQuery(raw)
		if err != nil {
			return
		}
		q.Repeated()
		again, err := ParseQuery(q.Encode())
		if err != nil {
			t.Fatalf("%q encodes to %q: %v", raw, q.Encode(), err)
		}
		// A bare empty name is the one thing that encodes to nothing.
		q = slices.DeleteFunc(q, func(p Param) bool { return p == Param{Bare: true} })
		if !slices.Equal(q, again) {
			t.Fatalf("%q: %+v became %+v", raw, q, again)
		}
	})
}
