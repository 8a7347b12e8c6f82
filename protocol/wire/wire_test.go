package wire_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"ossd/protocol/wire"
)

type pair struct{ Name, Value string }

type paging struct {
	Prefix string `query:"prefix"`
	Limit  *int   `query:"max-keys"`
}

type request struct {
	paging
	ACL   string `header:"x-oss-acl"`
	Keep  bool   `header:"x-oss-forbid-overwrite"`
	Meta  []pair `header:"x-oss-meta-*"`
	Order struct {
		Class string `xml:"StorageClass"`
	} `body:"xml"`
}

func source(query map[string]string, h http.Header, body string) wire.Source {
	return wire.Source{
		Query:  func(n string) (string, bool) { v, ok := query[n]; return v, ok },
		Header: h, Body: strings.NewReader(body),
	}
}

func TestDecode(t *testing.T) {
	h := http.Header{}
	h.Set("X-Oss-Acl", "private")
	h.Set("X-Oss-Forbid-Overwrite", "TRUE")
	h.Add("X-Oss-Meta-Zeta", "1")
	h.Add("X-Oss-Meta-Alpha", "蓝\xff")
	h.Add("X-Oss-Meta-Alpha", "b")
	var got request
	err := wire.Decode(source(map[string]string{"prefix": "a/", "max-keys": "7"}, h, "<?xml version='1.0'?>\n<C xmlns='urn:x'><StorageClass>IA</StorageClass></C>\n"), &got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Prefix != "a/" || got.Limit == nil || *got.Limit != 7 || got.ACL != "private" || !got.Keep || got.Order.Class != "IA" {
		t.Errorf("decoded %+v", got)
	}
	if want := []pair{{"alpha", "蓝\xff,b"}, {"zeta", "1"}}; !reflect.DeepEqual(got.Meta, want) {
		t.Errorf("metadata %q, want %q", got.Meta, want)
	}
}

// Values that are absent or empty leave a field alone.
func TestDecodeAbsent(t *testing.T) {
	var got request
	if err := wire.Decode(source(map[string]string{"max-keys": ""}, http.Header{}, ""), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, request{}) {
		t.Errorf("decoded %+v from nothing", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	large := "<C><StorageClass>" + strings.Repeat("x", wire.MaxXML) + "</StorageClass></C>"
	for name, c := range map[string]struct {
		query  map[string]string
		header string
		body   string
		field  string // of the FieldError; "" means ErrMalformedXML
	}{
		"not a number":        {query: map[string]string{"max-keys": "ten"}, field: "max-keys"},
		"overflow":            {query: map[string]string{"max-keys": "99999999999999999999"}, field: "max-keys"},
		"not a boolean":       {header: "yes", field: "x-oss-forbid-overwrite"},
		"not XML":             {body: "{}"},
		"unclosed":            {body: "<C><StorageClass>IA</C>"},
		"second root":         {body: "<C/><C/>"},
		"text behind":         {body: "<C/>x"},
		"cut off":             {body: "<C><StorageClass>IA"},
		"larger than allowed": {body: large},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.header != "" {
				h.Set("x-oss-forbid-overwrite", c.header)
			}
			err := wire.Decode(source(c.query, h, c.body), new(request))
			var fe *wire.FieldError
			switch {
			case c.field == "" && !errors.Is(err, wire.ErrMalformedXML):
				t.Errorf("got %v, want ErrMalformedXML", err)
			case c.field != "" && (!errors.As(err, &fe) || fe.Name != c.field):
				t.Errorf("got %v, want a FieldError of %s", err, c.field)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	type result struct {
		XMLName struct{} `xml:"Result"`
		Prefix  string
	}
	crc := uint64(18446744073709551615)
	out := struct {
		ETag    string  `header:"ETag"`
		Length  int64   `header:"Content-Length"`
		CRC     *uint64 `header:"x-oss-hash-crc64ecma"`
		Nothing string  `header:"x-oss-nothing"`
		Missing *uint64 `header:"x-oss-missing"`
		Meta    []pair  `header:"x-oss-meta-*"`
		Stored  []pair  `header:""`
		Body    result  `body:"xml"`
	}{ETag: `"A"`, CRC: &crc, Meta: []pair{{"color", "蓝"}}, Stored: []pair{{"Expires", "not a date"}}, Body: result{Prefix: "a<&\n"}}
	h := http.Header{}
	body, err := wire.Encode(&out, h)
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"ETag": {`"A"`}, "Content-Length": {"0"}, "x-oss-hash-crc64ecma": {"18446744073709551615"}, "x-oss-meta-color": {"蓝"}, "Expires": {"not a date"}}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("headers %q, want %q", h, want)
	}
	if got, want := string(body), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Result><Prefix>a&lt;&amp;&#xA;</Prefix></Result>"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
}

// A document that is not there is not sent.
func TestEncodeNoDocument(t *testing.T) {
	type result struct{ Prefix string }
	out := struct {
		Body *result `body:"xml"`
	}{}
	if body, err := wire.Encode(&out, http.Header{}); body != nil || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	out.Body = &result{"a"}
	if body, err := wire.Encode(&out, http.Header{}); !strings.HasSuffix(string(body), "<result><Prefix>a</Prefix></result>") || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}
