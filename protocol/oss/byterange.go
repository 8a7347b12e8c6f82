package oss

import (
	"fmt"
	"strconv"
	"strings"
)

// span is a part of an object.
type span struct{ offset, length int64 }

func (s span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.offset, s.offset+s.length-1, size)
}

func wholeOf(size int64) span { return span{0, size} }

// parseRange reads a Range header for an object of size bytes. partial is false
// when the whole object is to be sent with 200.
//
// The service's default is lenient: a range that does not lie within the object
// is answered with the whole of it. The header x-oss-range-behavior: standard
// asks for what RFC 9110 says (vendor documentation "Range download"; SDK suites
// Java testGetObjectByRange, Go v1 TestGetObjectRangeBehavior).
func parseRange(header string, size int64, standard bool) (s span, partial bool, err error) {
	whole := wholeOf(size)
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	if header == "" || !isBytes {
		return whole, false, nil
	}
	if strings.Contains(spec, ",") { // several ranges are not supported
		if standard {
			return whole, false, errInvalidRange
		}
		return whole, false, nil
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return whole, false, nil
	}
	if first == "" {
		return suffixRange(last, size, standard)
	}
	from, ok1 := parseOffset(first)
	to := size - 1
	ok2 := true
	if last != "" {
		to, ok2 = parseOffset(last)
	}
	switch {
	case !ok1 || !ok2 || last != "" && from > to:
		return whole, false, nil
	case from >= size:
		if standard {
			return whole, false, errInvalidRange
		}
		return whole, false, nil
	case to >= size:
		if !standard {
			return whole, false, nil
		}
		to = size - 1
	}
	return span{from, to - from + 1}, true, nil
}

// suffixRange reads "-N": the last N bytes.
func suffixRange(last string, size int64, standard bool) (span, bool, error) {
	n, ok := parseOffset(last)
	switch {
	case !ok:
		return span{0, size}, false, nil
	case n == 0:
		return span{}, false, errInvalidRange
	case n > size:
		return span{0, size}, standard && size > 0, nil
	}
	return span{size - n, n}, size > 0, nil
}

// parseOffset accepts digits only, no sign.
func parseOffset(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err == nil
}
