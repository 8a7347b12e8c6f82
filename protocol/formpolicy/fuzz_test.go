package formpolicy_test

import (
	"errors"
	"strings"
	"testing"

	"ossd/protocol/formpolicy"
)

// FuzzParse: whatever is read can be checked, refuses a form without fields, and
// means the same when the conditions that it shows are read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":"b"}`, `["eq","$key","a"]`, `["starts-with","$key",""]`, `["in","$content-type",["a","b"]]`,
		`["not-in","$a",[]]`, `["content-length-range",1,2],["EQ","\$a","\\\$b"]`, `{"ÿ\ud800":"<\u0000>"}`,
	} {
		f.Add(document(seed), "a")
	}
	f.Add([]byte(`{"expiration":"2026-11-24T08:00:00,5Z","conditions":[["in","",["",""]]]}`), "")
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		p, err := formpolicy.ParseDocument(text)
		if err != nil {
			var refusal *formpolicy.Error
			if !errors.As(err, &refusal) || refusal.Code != "InvalidPolicyDocument" || !strings.HasPrefix(refusal.Message, "Invalid Policy: ") {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if s := p.Size(); s.Min < 0 || s.Max < 0 {
			t.Fatalf("negative sizes: %+v", s)
		}
		absent := func(string) (string, bool) { return "", false }
		first := p.Check(absent)
		if first == nil {
			return // there is a condition, but on the size of the file alone
		}
		_, shown, ok := strings.Cut(first.Error(), "Policy Condition failed: ")
		if !ok {
			t.Fatalf("refused with %v", first)
		}
		again, err := formpolicy.ParseDocument(document(shown))
		if err != nil {
			t.Fatalf("%s, as it was shown: %v", shown, err)
		}
		if second := again.Check(absent); second == nil || second.Error() != first.Error() {
			t.Fatalf("%s was read as %v", shown, second)
		}
		// One condition of all: where it refuses, the whole refuses.
		present := func(string) (string, bool) { return value, true }
		if again.Check(present) != nil && p.Check(present) == nil {
			t.Fatalf("%s refuses %q alone, but not among others", shown, value)
		}
	})
}
