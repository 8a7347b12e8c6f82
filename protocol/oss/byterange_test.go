package oss

import (
	"errors"
	"fmt"
	"testing"
)

// The cases are those of the SDK suites that parseRange cites, for 1000 bytes.
func TestParseRange(t *testing.T) {
	const whole, refused = "200 0+1000", "416"
	for _, c := range []struct{ header, lenient, standard string }{
		{"", whole, whole},
		{"bytes=0-499", "206 0+500", "206 0+500"},
		{"bytes=500-", "206 500+500", "206 500+500"},
		{"bytes=-500", "206 500+500", "206 500+500"},
		{"bytes=0-0", "206 0+1", "206 0+1"},
		{"bytes=999-999", "206 999+1", "206 999+1"},
		{"bytes=500-2000", whole, "206 500+500"},
		{"bytes=1000-2000", whole, refused},
		{"bytes=1000-", whole, refused},
		{"bytes=-0", refused, refused},
		{"bytes=-2000", whole, "206 0+1000"},
		{"bytes=500-499", whole, whole},
		{"bytes=a-b", whole, whole},
		{"bytes=+1-2", whole, whole},
		{"bytes=5", whole, whole},
		{"items=0-499", whole, whole},
		{"bytes=0-1,5-6", whole, refused},
		{"bytes=99999999999999999999-", whole, whole},
	} {
		for standard, want := range map[bool]string{false: c.lenient, true: c.standard} {
			if got := spellRange(c.header, 1000, standard); got != want {
				t.Errorf("%q, standard %t: %s, want %s", c.header, standard, got, want)
			}
		}
	}
	for _, header := range []string{"bytes=0-0", "bytes=0-", "bytes=-5"} {
		if got := spellRange(header, 0, false); got != "200 0+0" {
			t.Errorf("%q of an empty object: %s", header, got)
		}
	}
}

func spellRange(header string, size int64, standard bool) string {
	s, partial, err := parseRange(header, size, standard)
	switch {
	case errors.Is(err, errInvalidRange):
		return "416"
	case err != nil:
		return err.Error()
	case partial:
		return fmt.Sprintf("206 %d+%d", s.offset, s.length)
	}
	return fmt.Sprintf("200 %d+%d", s.offset, s.length)
}

// Whatever a client sends, a span lies within the object.
func FuzzParseRange(f *testing.F) {
	f.Add("bytes=0-499", int64(1000), true)
	f.Add("bytes=-5", int64(3), false)
	f.Add("bytes=9223372036854775807-9223372036854775807", int64(1), true)
	f.Fuzz(func(t *testing.T, header string, size int64, standard bool) {
		if size < 0 {
			return
		}
		s, partial, err := parseRange(header, size, standard)
		if err != nil {
			return
		}
		if s.offset < 0 || s.length < 0 || s.offset > size || s.length > size-s.offset || partial && s.length == 0 {
			t.Errorf("%q of %d bytes: %+v, partial %t", header, size, s, partial)
		}
	})
}
