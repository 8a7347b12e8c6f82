package oss

import (
	"encoding/base64"
	"strings"

	"ossd/objectstore"
)

// persistentHeader names further headers to be stored with an object and
// returned on GET and HEAD: name:base64,name:base64 (vendor documentation
// "GetObject" and "HTTP 400 status code").
const persistentHeader = "x-oss-persistent-headers"

// maxPersistent bounds how many there may be; the vendor names no number.
const maxPersistent = 64

// reservedHeaders cannot be stored that way. The vendor refuses the standard
// ones; here it is those that
//   - frame the answer or belong to one connection,
//   - the server sets by itself, or stores by a header of their own,
//   - clients send, such as Host and Range, which the vendor names,
//   - tell a browser something of the whole origin, or a proxy in front of the
//     server to send other content: who may write one object has no say in that.
var reservedHeaders = nameSet(`
	connection keep-alive te trailer transfer-encoding upgrade
	accept age allow date etag last-modified expires cache-control location pragma retry-after server status vary via warning
	authorization authentication-info www-authenticate cookie expect forwarded from host max-forwards origin range referer user-agent
	alt-svc clear-site-data expect-ct link nel origin-agent-cluster public-key-pins public-key-pins-report-only refresh
	report-to reporting-endpoints service-worker-allowed set-cookie set-cookie2 sourcemap
	speculation-rules strict-transport-security timing-allow-origin
	x-sendfile x-lighttpd-send-file x-reproxy-url`)

// reservedPrefixes are beginnings of such names: the service's own headers,
// those that describe the content, and families of the kinds above.
var reservedPrefixes = []string{
	"x-oss-", "content-", "accept-", "access-control-", "cross-origin-", "if-", "proxy-", "sec-", "x-accel-", "x-forwarded-",
}

// persistentHeaders reads the value of x-oss-persistent-headers, which may be
// empty. Together with the user metadata it must keep within the bound of that.
func persistentHeaders(value string, metadata []objectstore.Header) (headers []objectstore.Header, err error) {
	if value == "" {
		return nil, nil
	}
	if strings.Count(value, ",") >= maxPersistent {
		return nil, invalidArgument(persistentHeader, "", "There are more than 64 persistent headers.")
	}
	size := 0
	for _, m := range metadata {
		size += len(m.Name) + len(m.Value)
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(value, ",") {
		h, err := persistentPair(strings.Trim(pair, " \t"))
		if err != nil {
			return nil, err
		}
		if seen[strings.ToLower(h.Name)] {
			return nil, invalidArgument(persistentHeader, pair, "The header specified by persistent header is given more than once.")
		}
		seen[strings.ToLower(h.Name)] = true
		if size += len(h.Name) + len(h.Value); size > objectstore.MaxMetadataSize {
			return nil, invalidArgument(persistentHeader, "", "The persistent headers and the user metadata exceed the maximum allowed size of 8192 bytes.")
		}
		headers = append(headers, h)
	}
	return headers, nil
}

// persistentPair reads one name:base64. The first four texts are the vendor's.
func persistentPair(pair string) (h objectstore.Header, err error) {
	refuse := func(message string) (objectstore.Header, error) {
		return objectstore.Header{}, invalidArgument(persistentHeader, pair, message)
	}
	name, encoded, ok := strings.Cut(pair, ":")
	if !ok || name == "" {
		return refuse(`The format of persistent header is invalid, should be "name:Base64Encode(value),name:Base64Encode(value)... ".`)
	}
	if !isToken(name) {
		return refuse("The header specified by persistent header is not valid HTTP token.")
	}
	if isReserved(strings.ToLower(name)) {
		return refuse("The header specified by persistent header is reserved.")
	}
	value, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // which the decoder skips
		return refuse("The header value specified by persistent header is not base64 encoded.")
	}
	// White space around it would not arrive (RFC 9110, 5.5).
	if text := string(value); !isHeaderValue(text) || strings.Trim(text, " \t") != text {
		return refuse("The header value specified by persistent header cannot be sent in a header.")
	}
	return objectstore.Header{Name: name, Value: string(value)}, nil
}

// isReserved takes a name in lower case.
func isReserved(name string) bool {
	if reservedHeaders[name] {
		return true
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
