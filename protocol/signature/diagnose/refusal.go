package diagnose

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ossd/protocol/signature"
)

// Refusal is an error body of OSS, as far as it tells of signatures.
type Refusal struct {
	Code              string
	Message           string
	HostID            string `xml:"HostId"`
	EC                string
	AccessKeyID       string `xml:"OSSAccessKeyId"`
	SignatureProvided string
	StringToSign      string // what the server computed
	CanonicalRequest  string // V4, where the server tells it

	RequestTime, ServerTime, Expires string
}

// ParseRefusal reads an error body.
func ParseRefusal(document []byte) (*Refusal, error) {
	r := new(Refusal)
	if err := xml.Unmarshal(document, r); err != nil {
		return nil, fmt.Errorf("the error body is no XML: %w", err)
	}
	if r.Code == "" {
		return nil, errors.New("the document is no error body of OSS: it has no Code")
	}
	return r, nil
}

// Compare returns the first line in which what the server computed differs from
// what must be signed for the request of d. Both are "" if they are the same, or
// if the server did not tell: then something between client and server changed
// nothing, and the key is wrong or the client signs otherwise.
func (r *Refusal) Compare(d *Diagnosis) (server, own string) {
	// Masked on both sides, a token never differs: what the server saw of it is
	// what the client sent.
	if r.StringToSign == "" {
		return "", ""
	}
	server, own = mask(r.StringToSign), d.StringToSign
	if request := mask(r.CanonicalRequest); request != "" && d.CanonicalRequest != "" {
		if server, own := differLines(request, d.CanonicalRequest); server != own {
			return server, own
		}
		// What is left is the digest of what has just been compared.
		server, own = withoutLast(server), withoutLast(own)
	}
	return differLines(server, own)
}

func withoutLast(text string) string { return text[:max(strings.LastIndexByte(text, '\n'), 0)] }

// Diagnose finds the mistake that made the client's signature another than the
// server's, from the error body alone. Of in it needs the secrets, and takes
// Domains, Region and Hosts for what they are in Diagnose. checked tells whether
// the body has what is needed and a secret is at hand.
func (r *Refusal) Diagnose(in Input) (causes []Cause, checked bool) {
	if r.StringToSign == "" || r.SignatureProvided == "" {
		return nil, false
	}
	right := r.sheet()
	for _, s := range in.Secrets {
		if s.AccessKeyID == r.AccessKeyID {
			return newSearch(in, right, s.Secret, r.SignatureProvided).run([]*sheet{right}), true
		}
	}
	return nil, false
}

// sheet takes what the server computed apart again.
func (r *Refusal) sheet() *sheet {
	s := &sheet{
		headers: map[string]string{"host": r.HostID}, payload: "UNSIGNED-PAYLOAD", gap: "\n", algorithm: algorithmV4,
		order: strings.Compare, spell: escape, signs: everything, derive: rawSecret, hash: sha256.New,
	}
	lines := strings.Split(r.StringToSign, "\n")
	switch {
	case lines[0] == algorithmV4 && len(lines) == 4:
		s.family, s.derive, s.timestamp = v4, derive, lines[1]
		if parts := strings.Split(lines[2], "/"); len(parts) == 4 {
			s.scope = scope{"aliyun_v4", parts[0], parts[1], parts[2], parts[3]}
			s.keyScope = s.scope
		}
		s.readV4(strings.Split(r.CanonicalRequest, "\n"))
	case len(r.SignatureProvided) > 40: // HMAC-SHA256 takes 44 digits of base64, HMAC-SHA1 28
		s.family = v2
		s.readLines(lines)
	default:
		s.family, s.spell, s.signs, s.hash = v1, asIs, signature.V1Signs, sha1.New
		s.readLines(lines)
	}
	s.inURL = s.family == v4 && strings.Contains(r.CanonicalRequest, "x-oss-signature-version=") || s.family != v4 && isDigits(s.timestamp)
	if text, _ := s.compose(); text != r.StringToSign {
		s.fixed = r.StringToSign // of another shape than ours: only the key can be diagnosed
	}
	return s
}

// readV4 takes a canonical request apart.
func (s *sheet) readV4(lines []string) {
	if len(lines) < 6 {
		return
	}
	s.method = lines[0]
	s.readResource(lines[1], lines[2])
	last := len(lines) - 1
	s.readHeaders(lines[3 : last-2])
	s.payload = lines[last]
	s.readAdditional(lines[last-1])
}

// readLines takes a string to sign of V1 or V2 apart.
func (s *sheet) readLines(lines []string) {
	if len(lines) < 5 {
		return
	}
	s.method, s.timestamp = lines[0], lines[3]
	if lines[1] != "" {
		s.headers["content-md5"] = lines[1]
	}
	if lines[2] != "" {
		s.headers["content-type"] = lines[2]
	}
	end := len(lines) - 1
	if s.family == v2 {
		end--
		s.readAdditional(lines[end])
	}
	s.readHeaders(lines[4:max(end, 4)])
	resource, query, _ := strings.Cut(lines[len(lines)-1], "?")
	s.readResource(resource, query)
}

func (s *sheet) readHeaders(lines []string) {
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, ":"); ok {
			s.headers[name] = value
		}
	}
}

func (s *sheet) readAdditional(line string) {
	if line != "" {
		s.additional = strings.Split(line, ";")
	}
}

func (s *sheet) readResource(resource, query string) {
	plain := s.plain(resource)
	s.bucket, s.key, _ = strings.Cut(strings.TrimPrefix(plain, "/"), "/")
	s.resource = resource
	for item := range strings.SplitSeq(query, "&") {
		name, value, equals := strings.Cut(item, "=")
		if name != "" {
			s.query = append(s.query, signature.Param{Name: s.plain(name), Value: s.plain(value), Bare: !equals})
		}
	}
}

// plain undoes the spelling of the scheme.
func (s *sheet) plain(text string) string {
	if s.family == v1 {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
