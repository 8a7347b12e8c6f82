package wire

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// XML 1.0 has no control characters, but keys may, and SDKs send them, as they
// are or as references (SDK suites oss2 test_chinese, Go v2
// TestDeleteMultipleObjects). So for the parser others stand in for them, which
// occur nowhere in the document, and are replaced in what was decoded.

// standIns are where the characters that stand in are looked for: the private
// planes, in blocks of 32.
const (
	firstStandIn = 0xF0000
	lastStandIn  = 0x10FFE0
)

var references = regexp.MustCompile(`&#(?:[0-9]+|x[0-9A-Fa-f]+);`)

// standIn returns the document without control characters, and what turns the
// decoded text into what was meant, nil if the document is as it was. A CDATA
// section is left to the parser: in it, references are none.
func standIn(text string) (string, *strings.Replacer) {
	found := strings.ContainsFunc(text, isControl) || isControlIn(references.FindAllString(text, -1))
	if !found || strings.Contains(text, "<![CDATA[") || !utf8.ValidString(text) {
		return text, nil
	}
	base, ok := freeBlock(text)
	if !ok {
		return text, nil
	}
	text = references.ReplaceAllStringFunc(text, func(reference string) string {
		if r := referred(reference); isControl(r) {
			return string(base + r)
		}
		return reference
	})
	text = strings.Map(func(r rune) rune {
		if isControl(r) {
			return base + r
		}
		return r
	}, text)
	var back []string
	for r := rune(0); r < 0x20; r++ {
		back = append(back, string(base+r), string(r))
	}
	return text, strings.NewReplacer(back...)
}

// isControl tells the characters below the space that XML does not have.
func isControl(r rune) bool { return r >= 0 && r < 0x20 && r != '\t' && r != '\n' && r != '\r' }

func isControlIn(list []string) bool {
	for _, reference := range list {
		if isControl(referred(reference)) {
			return true
		}
	}
	return false
}

// referred is the character that a reference stands for, -1 if there is none.
func referred(reference string) rune {
	digits, base := strings.Trim(reference, "&#;"), 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return -1
	}
	return rune(n)
}

// freeBlock finds 32 characters of which a document has none, also not by reference.
func freeBlock(text string) (base rune, ok bool) {
	used := map[rune]bool{}
	for _, r := range text {
		used[r&^0x1f] = true
	}
	for _, reference := range references.FindAllString(text, -1) {
		used[referred(reference)&^0x1f] = true
	}
	for base = firstStandIn; base < lastStandIn; base += 0x20 {
		if !used[base] {
			return base, true
		}
	}
	return 0, false
}

// replaceIn replaces in every text that v holds.
func replaceIn(v reflect.Value, r *strings.Replacer) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			replaceIn(v.Elem(), r)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			replaceIn(v.Field(i), r)
		}
	case reflect.Slice:
		for i := range v.Len() {
			replaceIn(v.Index(i), r)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(r.Replace(v.String()))
		}
	}
}
