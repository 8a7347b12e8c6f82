package oss

import "time"

// xmlTime spells an instant as the service's documents do: in whole seconds,
// with a fraction that is always zero. The Python SDK compares it literally.
func xmlTime(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

// httpTime spells an instant as headers do: RFC 1123 in GMT.
func httpTime(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
