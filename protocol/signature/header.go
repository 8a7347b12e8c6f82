package signature

import (
	"net/http"
	"strings"
)

// headerValue returns the value of a header that stands for one thing: the first
// one. The first PHP SDK sends Content-MD5 twice, in two spellings. name must be
// in canonical form.
func headerValue(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) == 0 {
		return "", false
	}
	return trim(values[0]), true
}

// ossHeaderValue returns the value of an x-oss header. Repetitions are joined as
// they are signed, so a repeated one that must be a date or a token is refused
// for its form.
func ossHeaderValue(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) > 1 {
		return strings.Join(values, ","), true
	}
	return headerValue(h, name)
}

// RepeatedHeader names an x-oss header that occurs more than once, if there is
// one. They are signed joined by commas, so an operation that takes the first
// value of such a header would see less than what was signed.
func (r *Request) RepeatedHeader() (name string, ok bool) {
	for name, values := range r.Header {
		if len(values) > 1 && isOSSHeader(name) {
			return name, true
		}
	}
	return "", false
}

func isOSSHeader(name string) bool {
	return len(name) > len(ossPrefix) && strings.EqualFold(name[:len(ossPrefix)], ossPrefix)
}

const ossPrefix = "x-oss-"

// trim removes the white space that HTTP allows around a value.
func trim(value string) string { return strings.Trim(value, " \t") }

// isSignedByDefault tells the headers of V4 that need no listing. name is lower case.
func isSignedByDefault(name string) bool {
	return name == "content-type" || name == "content-md5" || strings.HasPrefix(name, ossPrefix)
}
