package signature

import "strings"

// EncodePath escapes an object key for the path of a URL: everything but
// unreserved characters and '/'.
func EncodePath(key string) string { return string(appendEscaped(nil, key, true)) }

const upperHex = "0123456789ABCDEF"

// unreserved is the set that every scheme leaves as it is (RFC 3986, section 2.3).
var unreserved = func() (set [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~" {
		set[c] = true
	}
	return set
}()

// appendEscaped appends s with everything but unreserved characters, and '/' if
// keepSlash, as upper-case escapes of its bytes.
func appendEscaped(dst []byte, s string, keepSlash bool) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if unreserved[c] || c == '/' && keepSlash {
			continue
		}
		dst = append(dst, s[done:i]...)
		dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		done = i + 1
	}
	return append(dst, s[done:]...)
}

// unescape decodes percent escapes over bytes; '+' is a space, in paths too:
// the Ruby SDK sends spaces of keys so, and every SDK escapes a literal plus.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high > 15 || low > 15 {
				return "", false
			}
			out = append(out, high<<4|low)
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out), true
}

// hexDigit is the value of c, or 255.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
