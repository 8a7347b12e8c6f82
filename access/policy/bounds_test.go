package policy

import (
	"runtime"
	"strings"
	"testing"
)

// hostileDocuments are as long as Parse takes any, and each is made to cost one
// of its parts as much as can be.
func hostileDocuments() map[string]string {
	// filled repeats a part between two others until the document is full.
	filled := func(before, part, after string) string {
		n := (maxText - len(before) - len(after)) / len(part)
		return before + strings.Repeat(part, n) + after
	}
	listOf := func(entry string) string { return `[` + strings.Repeat(entry+`,`, maxEntries-1) + entry + `]` }
	action := `{"Version":"1","Statement":[{"Effect":"Allow","Resource":"*","Action":`
	resource := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":`
	condition := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{`
	return map[string]string{
		"stars":              filled(action+`"`, `*a`, `"}]}`),
		"question marks":     filled(resource+`"acs:`, `*?a`, `"}]}`),
		"colons":             filled(resource+`"acs`, `:*`, `"}]}`),
		"escapes":            filled(resource+`"acs:`, `\u00e9`, `"}]}`),
		"many resources":     resource + listOf(`"acs:oss:*:*:b*/*`+strings.Repeat("x", 30)+`"`) + `}]}`,
		"many values":        condition + `"oss:Prefix":` + listOf(`"*a*`+strings.Repeat("x", 40)+`"`) + `}}}]}`,
		"values of a letter": condition + `"a":` + listOf(`1`) + strings.Repeat(`,"a`+strings.Repeat("x", 600)+`":[1,1,1]`, 50) + `}}}]}`,
		"lists in lists":     filled(action+`[`, `[[[[]]]],`, `[]]}]}`),
		"nothing but lists":  strings.Repeat("[", maxText),
		"unknown members":    filled(`{"Version":"1","Statement":[{`, `"`+strings.Repeat("x", 56)+`":{},`, `"x":1}]}`),
		"many statements":    `{"Version":"1","Statement":` + listOf(`{"Effect":"Deny","Action":"*","Resource":"*","Sid":"x"}`) + `}`,
		"white space":        filled(`{"Version":"1",`, "\n", `"Statement":[7]}`),
	}
}

// TestParseIsBounded: what Parse takes of the heap is at most 64 times
// the longest document, and a refusal is short.
func TestParseIsBounded(t *testing.T) {
	for name, text := range hostileDocuments() {
		if len(text) > maxText {
			t.Errorf("%s: is longer than Parse takes", name)
		}
		for kind := range Kind(4) {
			_, err, taken := parseMeasured(kind, text)
			if taken > 64*maxText {
				t.Errorf("%s, kind %v: took %d bytes for %d", name, kind, taken, len(text))
			}
			if err != nil && len(err.Error()) > 1024 {
				t.Errorf("%s, kind %v: the error has %d bytes", name, kind, len(err.Error()))
			}
		}
	}
}

// parseMeasured also returns how many bytes were taken of the heap.
func parseMeasured(kind Kind, text string) (*Document, error, uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := Parse(kind, text)
	runtime.ReadMemStats(&after)
	return d, err, after.TotalAlloc - before.TotalAlloc
}

func BenchmarkParseHostile(b *testing.B) {
	for name, text := range hostileDocuments() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Parse(Identity, text)
			}
		})
	}
}
