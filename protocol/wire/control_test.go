package wire_test

import (
	"net/http"
	"strings"
	"testing"

	"ossd/protocol/wire"
)

// Control characters arrive, however they are written, and nothing is taken for them.
func TestControlCharacters(t *testing.T) {
	everyBlock := ""
	for r := rune(0xF0000); r < 0x10FFFE; r += 0x20 {
		everyBlock += string(r)
	}
	for name, c := range map[string]struct{ sent, want string }{
		"as it is":           {"a\x0cb\x01", "a\x0cb\x01"},
		"decimal":            {"a&#12;b&#1;", "a\x0cb\x01"},
		"hexadecimal":        {"a&#x0C;b&#x1f;&#x00;", "a\x0cb\x1f\x00"},
		"white space":        {"a\tb&#x0A;c&#13;\x01", "a\tb\nc\r\x01"},
		"stand-ins":          {"\U000F0001\U000F0021\x01", "\U000F0001\U000F0021\x01"},
		"stand-ins referred": {"&#xF0001;&#983073;\x01", "\U000F0001\U000F0021\x01"},
		"escaped":            {"&amp;#1;&lt;\x01", "&#1;<\x01"},
		"CDATA":              {"<![CDATA[&#1;<]]>", "&#1;<"},
		"no reference":       {"&amp;#x110000;\x01", "&#x110000;\x01"},

		"no character":                  {"&#x110000;\x01", "malformed"},
		"CDATA and a control character": {"<![CDATA[&#1;]]>\x01", "malformed"},
		"every character taken":         {everyBlock + "\x01", "malformed"},
		"no UTF-8":                      {"\xff\x01", "malformed"},
		"in a tag":                      {"</Key\x01>", "malformed"},
	} {
		var in struct {
			Body struct {
				Object []struct{ Key *string }
			} `body:"xml"`
		}
		err := wire.Decode(source(nil, http.Header{}, "<Delete><Object><Key>"+c.sent+"</Key></Object></Delete>"), &in)
		got := "malformed"
		if err == nil {
			got = *in.Body.Object[0].Key
		}
		if got != c.want {
			t.Errorf("%s: %.40q, want %.40q (%v)", name, got, c.want, err)
		}
	}
	var in struct {
		Body struct{ Key string } `body:"xml"`
	}
	if err := wire.Decode(source(nil, http.Header{}, "<Delete><Key>k</Key></Delete>\x01"), &in); err == nil {
		t.Error("a control character behind the root is accepted")
	}
	if err := wire.Decode(source(nil, http.Header{}, strings.Repeat("\x01", 100)), &in); err == nil {
		t.Error("nothing but control characters are accepted")
	}
}
