package oss

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"ossd/objectstore"
)

// taggingHeader carries an object's tags as a query: k1=v1&k2=v2.
const taggingHeader = "x-oss-tagging"

// Limits of object tags (vendor documentation "Tag objects").
const (
	maxTags     = 10
	maxTagKey   = 128 // bytes
	maxTagValue = 256 // bytes
)

var (
	errTagKey   = &Error{Status: 400, Code: "InvalidTag", Message: "The TagKey you have provided is invalid."}
	errTagValue = &Error{Status: 400, Code: "InvalidTag", Message: "The TagValue you have provided is invalid."}
	errTagCount = &Error{Status: 400, Code: "InvalidTag", Message: "An object may have at most 10 tags."}
	errTagTwice = &Error{Status: 400, Code: "InvalidTag", Message: "A TagKey is given more than once."}
)

// parseTagging reads the header.
func parseTagging(value string) (tags []objectstore.Header, err error) {
	if value == "" {
		return nil, nil
	}
	malformed := invalidArgument(taggingHeader, value,
		"The header 'x-oss-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	for pair := range strings.SplitSeq(value, "&") {
		name, content, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(name)
		val, err2 := url.QueryUnescape(content)
		if err1 != nil || err2 != nil || !utf8.ValidString(key) || !utf8.ValidString(val) {
			return nil, malformed
		}
		tags = append(tags, objectstore.Header{Name: key, Value: val})
	}
	err = checkTags(tags)
	if err == errTagTwice {
		return nil, malformed
	}
	return tags, err
}

func checkTags(tags []objectstore.Header) error {
	if len(tags) > maxTags {
		return errTagCount
	}
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case t.Name == "" || len(t.Name) > maxTagKey || !isTagText(t.Name):
			return errTagKey
		case len(t.Value) > maxTagValue || !isTagText(t.Value):
			return errTagValue
		case seen[t.Name]:
			return errTagTwice
		}
		seen[t.Name] = true
	}
	return nil
}

// isTagText tells whether a text has only what tags may have: letters and
// digits of any script, spaces, and + - = . _ : /
func isTagText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" +-=._:/", r)
	})
}
