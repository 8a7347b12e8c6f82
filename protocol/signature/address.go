package signature

import (
	"strings"
	"unicode/utf8"
)

// Domains says which host names address what.
type Domains struct {
	Service []string          // service domains, such as "oss-cn-hangzhou.aliyuncs.com": lower case, no port
	CNAMEs  map[string]string // host, lower case → bucket
}

// localhost is always a service domain: bucket.localhost resolves to the
// loopback address on most systems and makes virtual-host addressing work there.
const localhost = "localhost"

// Resolve returns the candidates for what the request addresses, the most likely
// first. There are several only where an SDK is known to sign another resource
// than the one its URL names. Verify tells which it was; a request without
// signature means the first. The error is an *Error.
//
// Keys are never normalised: "a//b", "./x" and "../x" are keys of their own.
func (d *Domains) Resolve(r *Request) ([]Resource, error) {
	path, ok := unescape(r.Path)
	if !ok || path != "" && path[0] != '/' {
		return nil, invalid("", "The request URI is not valid.", argument("URI", r.Path)...)
	}
	if !utf8.ValidString(path) {
		return nil, &Error{Code: "InvalidObjectName", Message: "The specified object is not valid."}
	}
	path = strings.TrimPrefix(path, "/")
	host := hostName(r.Host)
	if bucket := d.virtualBucket(host); bucket != "" {
		return virtualCandidates(bucket, path), nil
	}
	if bucket, ok := d.CNAMEs[host]; ok {
		return []Resource{{Bucket: bucket, Key: path}}, nil
	}
	return pathCandidates(path)
}

// HostBucket returns the bucket that a Host header names by itself, or "" if
// the path must name it. Below such a host every path is an object key.
func (d *Domains) HostBucket(host string) string {
	host = hostName(host)
	if bucket := d.virtualBucket(host); bucket != "" {
		return bucket
	}
	return d.CNAMEs[host]
}

// virtualBucket is the label before the longest service domain that host ends
// with, or "". A host that is a service domain itself names no bucket.
func (d *Domains) virtualBucket(host string) string {
	bucket, matched := "", 0
	try := func(domain string) {
		if host == domain {
			bucket, matched = "", len(host)
			return
		}
		label, ok := strings.CutSuffix(host, domain)
		if ok && len(domain) > matched && strings.HasSuffix(label, ".") {
			bucket, matched = label[:len(label)-1], len(domain)
		}
	}
	for _, domain := range d.Service {
		try(domain)
	}
	try(localhost)
	return bucket
}

// virtualCandidates resolves a path below a host that names the bucket. ali-oss
// with sldEnable and an IP endpoint repeats the bucket in the path and signs it
// only once.
func virtualCandidates(bucket, path string) []Resource {
	candidates := []Resource{{Bucket: bucket, Key: path}}
	if rest, ok := strings.CutPrefix(path, bucket); ok && strings.HasPrefix(rest, "/") {
		candidates = append(candidates, Resource{Bucket: bucket, Key: rest[1:]})
	}
	return candidates
}

// pathCandidates resolves a decoded path that begins with the bucket. It is
// decoded before it is split because the C SDK escapes that slash as well.
func pathCandidates(path string) ([]Resource, error) {
	if strings.Trim(path, "/") == "" {
		return []Resource{{}}, nil // "//" too: the C++ SDK lists buckets so
	}
	bucket, key, slash := strings.Cut(path, "/")
	if bucket == "" {
		return nil, &Error{Code: "InvalidBucketName", Message: "The specified bucket is not valid."}
	}
	candidates := []Resource{{Bucket: bucket, Key: key}}
	if !slash {
		candidates = append(candidates, Resource{Bucket: bucket, bare: true})
	}
	return candidates, nil
}

// hostName is a Host header without its port, lower case.
func hostName(host string) string {
	return strings.ToLower(strings.TrimSuffix(withoutPort(host), ".")) // a name may be written with its root
}

// withoutPort leaves the brackets of an IPv6 address.
func withoutPort(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.IndexByte(host[colon:], ']') >= 0 {
		return host
	}
	return host[:colon]
}
