package wire_test

import (
	"encoding/xml"
	"testing"
	"time"

	"ossd/protocol/wire"
)

type (
	word  string
	named struct {
		XMLName xml.Name `xml:"Marker"`
		Key     string
	}
	inner struct {
		Key  word
		Size int64
	}
	everything struct {
		XMLName xml.Name `xml:"Result"`
		inner
		Number  uint8
		Signed  int `xml:"Renamed"`
		Yes, No bool
		Left    string `xml:",omitempty"`
		Out     bool   `xml:",omitempty"`
		Zero    int    `xml:",omitempty"`
		Pointer *inner `xml:",omitempty"`
		Missing *inner
		Mixed   []any
		List    []inner `xml:"Item"`
		None    []inner
		Words   []string
		hidden  string
		Skipped string `xml:"-"`
		Nested  struct{ One []named }
	}
	textual struct {
		XMLName xml.Name `xml:"Location"`
		Text    string   `xml:",chardata"`
	}
	// What follows is left to encoding/xml.
	attributed struct {
		Kind string `xml:"kind,attr"`
		Text string
	}
	below struct {
		Names []string `xml:"List>Name"`
	}
	moment struct{ At time.Time }
	binary struct{ Bytes []byte }
	twice  struct {
		inner
		Key string
	}
	wrapped struct{ Any any }
)

// Every document is what encoding/xml makes of it.
func TestXMLIsThatOfTheLibrary(t *testing.T) {
	one := inner{"k<&>'\"", -7}
	for name, v := range map[string]any{
		"empty": everything{},
		"full": &everything{
			inner: one, Number: 255, Signed: -1, Yes: true, Left: "l", Out: true, Zero: 1, Pointer: &inner{}, Missing: &one,
			Mixed: []any{named{Key: "a"}, &named{Key: "b"}, one, "text", 7, nil}, List: []inner{one, {}}, Words: []string{"", "蓝\n\t\r\x00\xff\x7f"},
			hidden: "h", Skipped: "s", Nested: struct{ One []named }{[]named{{Key: "x"}}},
		},
		"text":                 textual{Text: "a & b"},
		"nameless":             inner{},
		"attribute":            attributed{"k", "t"},
		"path":                 below{[]string{"a", "b"}},
		"time":                 moment{time.Unix(0, 0)},
		"bytes":                binary{[]byte("abc")},
		"hidden by embedding":  twice{one, "outer"},
		"found out in between": []any{one, wrapped{attributed{"k", "t"}}, wrapped{1.5}},
	} {
		t.Run(name, func(t *testing.T) { sameAsLibrary(t, v) })
	}
}

func sameAsLibrary(t *testing.T, v any) {
	t.Helper()
	want, err := xml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.XML(v)
	if err != nil || string(got) != xml.Header+string(want) {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func FuzzXMLText(f *testing.F) {
	for _, s := range []string{"", "plain", `"quoted"`, "a\x1f'b", "é\xc3", "]]>", "\ufffe\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { sameAsLibrary(t, inner{Key: word(s)}) })
}

func BenchmarkXML(b *testing.B) {
	var list everything
	for range 1000 {
		list.List = append(list.List, inner{`"3BA471E1E1A8B2F8E5A5D1D2B9A0C9F5"`, 123456})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.XML(&list); err != nil {
			b.Fatal(err)
		}
	}
}
