package diagnose

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// mistakes lists what could have been done wrong on the way to right, the most
// likely first. Every sheet gets its own list, since what can be forgotten
// depends on what is there.
func mistakes(in Input, right *sheet) []mistake {
	return slices.Concat(
		ofMethods(right), ofContents(right), ofSignedHeaders(right), ofResources(in, right), ofParameters(right),
		ofHosts(in, right), ofScopes(in, right), ofTokens(right), ofSecrets(in, right), ofTexts(right), ofTimes(right),
	)
}

func ofMethods(right *sheet) (list []mistake) {
	for _, method := range [...]string{http.MethodGet, http.MethodPut, http.MethodHead, http.MethodPost, http.MethodDelete} {
		if method != right.method {
			list = append(list, mistake{"method", fmt.Sprintf("It was signed for %s, and is used with %s.", method, right.method),
				ofMethod, false, func(s *sheet) { s.method = method }})
		}
	}
	return append(list, mistake{"method-case", "The method was signed in lower case.", ofMethod, true,
		func(s *sheet) { s.method = strings.ToLower(s.method) }})
}

// contentTypes are those that clients set, and that libraries add by themselves.
// The first ones are so frequent that they are tried together with other mistakes.
var contentTypes = strings.Split("application/octet-stream,application/x-www-form-urlencoded,text/plain,application/json,image/jpeg,"+
	"image/png,image/jpg,image/gif,image/webp,image/svg+xml,image/*,video/mp4,audio/mpeg,audio/wav,application/pdf,application/zip,"+
	"application/gzip,application/xml,text/xml,text/html,text/css,text/csv,text/javascript,application/javascript,binary/octet-stream,"+
	"multipart/form-data,text/plain;charset=utf-8,text/plain; charset=utf-8,text/plain;charset=UTF-8,text/plain; charset=UTF-8,"+
	"text/html; charset=utf-8,text/html;charset=utf-8,application/json; charset=utf-8,application/json;charset=utf-8,"+
	"application/json;charset=UTF-8,application/x-www-form-urlencoded; charset=UTF-8,application/x-www-form-urlencoded;charset=UTF-8,"+
	"text/markdown,application/x-tar,application/msword,application/vnd.openxmlformats-officedocument.wordprocessingml.document,"+
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/vnd.ms-excel,font/woff2,image/avif,video/webm", ",")

const frequentTypes = 5

// emptyMD5 is the Content-MD5 of no content.
const emptyMD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="

func ofContents(right *sheet) (list []mistake) {
	sent, present := right.headers["content-type"]
	if present {
		list = append(list, mistake{"content-type-added",
			fmt.Sprintf("The request carries Content-Type: %s, but none was signed; many HTTP libraries add one by themselves.", sent),
			ofContent, false, without("content-type")})
	}
	for i, contentType := range contentTypes {
		m := mistake{"content-type-missing", fmt.Sprintf("Content-Type: %s was signed, but the request carries none.", contentType),
			ofContent, i >= frequentTypes, with("content-type", contentType)}
		if present {
			m.id, m.sentence = "content-type-changed", fmt.Sprintf("Content-Type: %s was signed, and %s is sent.", contentType, sent)
		}
		if contentType != sent {
			list = append(list, m)
		}
	}
	if bare, _, parameters := strings.Cut(sent, ";"); parameters {
		list = append(list, mistake{"content-type-changed", fmt.Sprintf("Content-Type: %s was signed, and %s is sent.", bare, sent),
			ofContent, false, with("content-type", bare)})
	}
	if right.family == v4 && !present {
		list = append(list, mistake{"content-type-empty", "An empty Content-Type was signed; a header that is not sent has no line.",
			ofContent, true, with("content-type", "")})
	}
	return append(list, ofDigests(right)...)
}

func ofDigests(right *sheet) (list []mistake) {
	sent, present := right.headers["content-md5"]
	if !present {
		return []mistake{{"content-md5-missing", "The Content-MD5 of an empty body was signed, but the request carries none.",
			ofContent, false, with("content-md5", emptyMD5)}}
	}
	list = append(list, mistake{"content-md5-added", "The request carries a Content-MD5, but none was signed.", ofContent, false, without("content-md5")})
	for _, spelling := range digestSpellings(sent) {
		list = append(list, mistake{"content-md5-changed", fmt.Sprintf("Content-MD5: %s was signed, and %s is sent.", spelling, sent),
			ofContent, true, with("content-md5", spelling)})
	}
	return list
}

func with(name, value string) func(*sheet) { return func(s *sheet) { s.headers[name] = value } }

func without(name string) func(*sheet) { return func(s *sheet) { delete(s.headers, name) } }

// usualHeaders are signed by clients whose user then forgets to send them.
var usualHeaders = [...][2]string{
	{"x-oss-object-acl", "public-read"}, {"x-oss-object-acl", "private"}, {"x-oss-object-acl", "default"}, {"x-oss-object-acl", "public-read-write"},
	{"x-oss-acl", "private"}, {"x-oss-acl", "public-read"}, {"x-oss-acl", "public-read-write"},
	{"x-oss-forbid-overwrite", "true"}, {"x-oss-forbid-overwrite", "false"}, {"x-oss-storage-class", "Standard"}, {"x-oss-storage-class", "IA"},
	{"x-oss-storage-class", "Archive"}, {"x-oss-request-payer", "requester"}, {"x-oss-server-side-encryption", "AES256"},
	{"x-oss-server-side-encryption", "KMS"}, {"x-oss-content-sha256", "UNSIGNED-PAYLOAD"},
}

// maxSingled bounds how many headers or parameters are left out one at a time.
const maxSingled = 24

func ofSignedHeaders(right *sheet) (list []mistake) {
	var added []string
	for _, name := range right.signedHeaders() {
		if !strings.HasPrefix(name, "x-oss-") || name == "x-oss-security-token" || right.family == v4 && name == "x-oss-content-sha256" {
			continue
		}
		if added = append(added, name); len(added) <= maxSingled {
			list = append(list, mistake{"header-added", fmt.Sprintf("The header %s is sent, but was not signed: it was added later.", name),
				ofHeaders, false, without(name)})
		}
	}
	if len(added) > 1 {
		list = append(list,
			mistake{"header-added", "The metadata headers (x-oss-meta-…) are sent, but were not signed.", ofHeaders, false, withoutAll("x-oss-meta-")},
			mistake{"header-added", "The x-oss headers are sent, but none of them was signed.", ofHeaders, false, withoutAll("x-oss-")})
	}
	for _, h := range usualHeaders {
		if _, present := right.headers[h[0]]; !present {
			list = append(list, mistake{"header-missing", fmt.Sprintf("The header %s: %s was signed, but is not sent.", h[0], h[1]),
				ofHeaders, true, with(h[0], h[1])})
		} else if right.headers[h[0]] != h[1] {
			list = append(list, mistake{"header-changed", fmt.Sprintf("The header %s was signed as %s, and is sent as %s.", h[0], h[1], right.headers[h[0]]),
				ofHeaders, true, with(h[0], h[1])})
		}
	}
	if len(right.additional) > 0 {
		list = append(list, mistake{"additional-headers-unsigned", "Additional headers are named, but were not signed.", ofHeaders, false,
			func(s *sheet) { s.additional = nil }})
	}
	return list
}

func withoutAll(prefix string) func(*sheet) {
	return func(s *sheet) {
		for name := range s.headers {
			if strings.HasPrefix(name, prefix) && name != "x-oss-security-token" && name != "x-oss-content-sha256" {
				delete(s.headers, name)
			}
		}
	}
}

// ofHosts are the names under which the client may have known the server, before
// a proxy changed the Host header.
func ofHosts(in Input, right *sheet) (list []mistake) {
	if !slices.Contains(right.additional, "host") {
		return nil
	}
	sent := right.headers["host"]
	name, _, _ := strings.Cut(sent, ":")
	hosts := append([]string{right.headers["x-forwarded-host"], right.headers["x-original-host"], name, name + ":80", name + ":443"}, in.Hosts...)
	for _, domain := range append([]string{"localhost", "127.0.0.1"}, append(in.Hosts, in.Domains.Service...)...) {
		hosts = append(hosts, domain, right.bucket+"."+domain)
	}
	for _, host := range hosts {
		if host != "" && host != sent {
			list = append(list, mistake{"host", fmt.Sprintf("The signature covers the Host header, and was made for %s; a proxy or another address made it %s.", host, sent),
				ofHost, false, with("host", host)})
		}
	}
	return list
}

func ofTexts(right *sheet) (list []mistake) {
	text := func(id, sentence string, make func(*sheet)) {
		list = append(list, mistake{id, sentence, ofText, true, make})
	}
	text("trailing-newline", "The string to sign ended with a line feed too many.", func(s *sheet) { s.tail = "\n" })
	switch right.family {
	case v1:
		text("hash", "It was signed with HMAC-SHA256; V1 takes HMAC-SHA1.", func(s *sheet) { s.hash = newSHA256 })
		return list
	case v2:
		text("hash", "It was signed with HMAC-SHA1; V2 takes HMAC-SHA256.", func(s *sheet) { s.hash = newSHA1 })
		return list
	}
	text("missing-empty-line", "The canonical request lacks the empty line behind the headers.", func(s *sheet) { s.gap = "" })
	const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, payload := range [...]string{emptySHA256, ""} {
		text("payload", "The last line of the canonical request must be UNSIGNED-PAYLOAD, not a digest of the body.", func(s *sheet) { s.payload = payload })
	}
	return list
}
