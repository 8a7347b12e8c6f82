package oss

import (
	"strings"
	"time"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// conditions are those of reads. Each is evaluated on its own: unlike in
// RFC 9110, If-None-Match does not silence If-Modified-Since, and a date in the
// future is honoured (SDK suites oss2 test_modified_since, ali-oss).
type conditions struct {
	IfMatch           string `header:"If-Match"`
	IfNoneMatch       string `header:"If-None-Match"`
	IfModifiedSince   string `header:"If-Modified-Since"`
	IfUnmodifiedSince string `header:"If-Unmodified-Since"`
}

func (c *conditions) check(o *objectstore.Object) error {
	modified := o.LastModified.Truncate(time.Second)
	if c.IfMatch != "" && !matchesETag(c.IfMatch, o.ETag) {
		return preconditionFailed("If-Match")
	}
	if since, ok := parseHTTPTime(c.IfUnmodifiedSince); ok && modified.After(since) {
		return preconditionFailed("If-Unmodified-Since")
	}
	if c.IfNoneMatch != "" && matchesETag(c.IfNoneMatch, o.ETag) {
		return notModified(o)
	}
	if since, ok := parseHTTPTime(c.IfModifiedSince); ok && !modified.After(since) {
		return notModified(o)
	}
	return nil
}

func preconditionFailed(header string) error {
	return errPreconditionFailed.with(signature.Field{Name: "Condition", Value: header})
}

// notModified keeps the headers that a cache updates its entry by (RFC 9110, 15.4.5).
func notModified(o *objectstore.Object) error {
	e := errNotModified.with()
	e.Headers = append(e.Headers, header("ETag", quote(o.ETag)), header("Last-Modified", httpTime(o.LastModified)))
	return e
}

// matchesETag compares with a comma-separated list; quotes are optional, case does not count.
func matchesETag(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.Trim(strings.TrimSpace(one), `"`)
		if one == "*" || strings.EqualFold(one, etag) {
			return true
		}
	}
	return false
}

// parseHTTPTime accepts one- and two-digit days, as the signatures do. An
// unparsable date counts as absent.
func parseHTTPTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	t, err := time.Parse("Mon, _2 Jan 2006 15:04:05 GMT", s)
	if err != nil {
		t, err = time.Parse("Mon, 2 Jan 2006 15:04:05 GMT", s)
	}
	return t, err == nil
}
