package diagnose

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"

	"ossd/protocol/signature"
)

// family is a version of the signature, in the header or in the URL.
type family string

const (
	v1 family = "v1"
	v2 family = "v2"
	v4 family = "v4"
)

const (
	algorithmV4  = "OSS4-HMAC-SHA256"
	terminatorV4 = "aliyun_v4_request"
	paramToken   = "x-oss-security-token"
	paramTokenV1 = "security-token"
)

// sheet is what a client writes down in order to sign, taken apart. As newSheet
// fills it in, it is right; a mistake is a change to it.
type sheet struct {
	family family
	inURL  bool

	method    string
	timestamp string
	bucket    string
	key       string
	resource  string            // as it stands in the form
	query     []signature.Param // decoded, in the order of the URL, without the signature
	headers   map[string]string // all of the request by lower-case name, host among them

	signs       func(name string) bool   // which parameters are in the form
	spell       func(text string) string // names and values of parameters
	order       func(x, y string) int    // of the encoded names; nil: as in the URL
	emptyEquals bool                     // empty values are written "name="

	additional []string
	payload    string // V4
	tail       string // behind the text that is signed
	gap        string // V4: behind the headers

	scope, keyScope scope // V4: in the text, and in the derivation of the key
	algorithm       string
	derive          func(s *sheet, secret string) []byte
	hash            func() hash.Hash
	secret          string

	fixed string // the string to sign, where its parts are not known
}

// scope is what a V4 signing key is for.
type scope struct{ prefix, day, region, product, terminator string }

func (s scope) String() string {
	return s.day + "/" + s.region + "/" + s.product + "/" + s.terminator
}

// newSheet writes down what must be signed for res.
func newSheet(c *signature.Claim, r *signature.Request, res signature.Resource) *sheet {
	name, place, _ := strings.Cut(string(c.Scheme), "-")
	details := c.Details()
	s := &sheet{
		family: family(name), inURL: place == "url",
		method: r.Method, timestamp: details.Timestamp, additional: details.Additional,
		headers: map[string]string{"host": r.Host}, payload: "UNSIGNED-PAYLOAD", gap: "\n", algorithm: algorithmV4,
		order: strings.Compare, spell: escape, derive: rawSecret, hash: sha256.New,
	}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		s.headers[lower] = strings.Trim(values[0], " \t")
		if strings.HasPrefix(lower, "x-oss-") {
			for _, v := range values[1:] {
				s.headers[lower] += "," + strings.Trim(v, " \t")
			}
		}
	}
	s.setQuery(r.Query, details.Source)
	switch s.family {
	case v1:
		s.signs, s.spell, s.hash = signature.V1Signs, asIs, sha1.New
	case v2:
		s.signs = everything
	case v4:
		s.signs, s.derive = everything, derive
		s.scope = scope{"aliyun_v4", details.Day, c.Region, c.Product, terminatorV4}
		s.keyScope = s.scope
	}
	s.address(res.Bucket, res.Key)
	if res.Bucket != "" && res.Key == "" {
		want, _ := c.Canonical(r, res)
		if text, _ := s.compose(); text != want {
			s.resource = strings.TrimSuffix(s.resource, s.spellPath("/")) // the bare form that some clients sign
		}
	}
	return s
}

// setQuery takes over what can be signed. What a URL says of the client's address
// counts for nothing beside the address itself.
func (s *sheet) setQuery(q signature.Query, source string) {
	for _, p := range q {
		switch {
		case p.Name == "x-oss-signature", source != "" && p.Name == "x-oss-ac-source-ip":
		case s.family == v1 && (p.Name == "Signature" || p.Name == "Expires" || p.Name == "OSSAccessKeyId"):
		case s.family == v1 && slices.ContainsFunc(s.query, func(have signature.Param) bool { return have.Name == p.Name }):
		default:
			s.query = append(s.query, p)
		}
	}
	if source != "" {
		s.query = append(s.query, signature.Param{Name: "x-oss-ac-source-ip", Value: source})
	}
}

// address sets the resource to that of a bucket and key.
func (s *sheet) address(bucket, key string) {
	s.bucket, s.key = bucket, key
	text := "/"
	if bucket != "" {
		text += bucket + "/" + key
	}
	s.resource = s.spellPath(text)
}

// spellPath writes a resource as the scheme does.
func (s *sheet) spellPath(text string) string {
	switch s.family {
	case v2:
		return escape(text)
	case v4:
		return signature.EncodePath(text)
	}
	return text
}

func (s *sheet) clone() *sheet {
	c := *s
	c.headers = maps.Clone(s.headers)
	c.query = slices.Clone(s.query)
	return &c
}

// signedHeaders are the names of those in the form, sorted. V1 and V2 have
// Content-MD5 and Content-Type on lines of their own, but sign them too.
func (s *sheet) signedHeaders() []string {
	var names []string
	for name := range s.headers {
		if strings.HasPrefix(name, "x-oss-") || name == "content-type" || name == "content-md5" || slices.Contains(s.additional, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// compose returns the string to sign and, of V4, the canonical request.
func (s *sheet) compose() (text, request string) {
	if s.fixed != "" {
		return s.fixed, ""
	}
	var b strings.Builder
	if s.family == v4 {
		b.WriteString(s.method + "\n" + s.resource + "\n" + s.parameters() + "\n")
		s.writeHeaders(&b, true)
		b.WriteString(s.gap + strings.Join(s.additional, ";") + "\n" + s.payload)
		request = b.String()
		digest := sha256.Sum256([]byte(request))
		return s.algorithm + "\n" + s.timestamp + "\n" + s.scope.String() + "\n" + hex.EncodeToString(digest[:]) + s.tail, request
	}
	b.WriteString(s.method + "\n" + s.headers["content-md5"] + "\n" + s.headers["content-type"] + "\n" + s.timestamp + "\n")
	s.writeHeaders(&b, false)
	if s.family == v2 {
		b.WriteString(strings.Join(s.additional, ";") + "\n")
	}
	b.WriteString(s.resource)
	if q := s.parameters(); q != "" {
		b.WriteString("?" + q)
	}
	b.WriteString(s.tail)
	return b.String(), ""
}

func (s *sheet) writeHeaders(b *strings.Builder, content bool) {
	for _, name := range s.signedHeaders() {
		if content || name != "content-type" && name != "content-md5" {
			b.WriteString(name + ":" + s.headers[name] + "\n")
		}
	}
}

func (s *sheet) parameters() string {
	type item struct{ name, text string }
	var items []item
	for _, p := range s.query {
		if !s.signs(p.Name) {
			continue
		}
		i := item{name: s.spell(p.Name)}
		if i.text = i.name; p.Value != "" || s.emptyEquals && !p.Bare {
			i.text += "=" + s.spell(p.Value)
		}
		items = append(items, i)
	}
	if s.order != nil {
		slices.SortStableFunc(items, func(x, y item) int { return s.order(x.name, y.name) })
	}
	texts := make([]string, len(items))
	for i := range items {
		texts[i] = items[i].text
	}
	return strings.Join(texts, "&")
}

// mac signs the sheet. size is how much was written for it, in bytes.
func (s *sheet) mac() (mac []byte, size int) {
	text, request := s.compose()
	h := hmac.New(s.hash, s.derive(s, s.secret))
	h.Write([]byte(text))
	return h.Sum(nil), len(text) + len(request)
}

func rawSecret(_ *sheet, secret string) []byte { return []byte(secret) }

// derive chains the secret through the scope.
func derive(s *sheet, secret string) []byte {
	k := s.keyScope
	key := []byte(k.prefix + secret)
	for _, text := range [...]string{k.day, k.region, k.product, k.terminator} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		key = h.Sum(nil)
	}
	return key
}

func asIs(text string) string { return text }

// escape encodes everything but unreserved characters.
func escape(text string) string { return strings.ReplaceAll(signature.EncodePath(text), "/", "%2F") }

// differ returns, without tokens, the first lines in which two sheets differ: what is expected, and
// what was signed instead. Both are "" if the texts are the same.
func differ(right, wrong *sheet) (expected, signed string) {
	text, request := right.compose()
	wrongText, wrongRequest := wrong.compose()
	if request != wrongRequest {
		return differLines(request, wrongRequest)
	}
	return differLines(text, wrongText)
}

func differLines(expected, signed string) (string, string) {
	x, y := strings.Split(expected, "\n"), strings.Split(signed, "\n")
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return mask(first(x)), mask(first(y))
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
