package signature

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var v1Header = scheme{
	parse:     parseV1Header,
	checkTime: checkSkew,
	canonical: canonicalV1,
	forms:     formsV1,
	newHash:   sha1.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	prepare:   prepareDate,
	attach: func(r *Request, c *Claim, signature string) {
		r.Header.Set("Authorization", algorithmV1+" "+c.AccessKeyID+":"+signature)
	},
	mismatch:      "0002-00000040",
	mismatchBound: "0002-00000602",
}

var v1URL = scheme{
	carrier:   inURL,
	parse:     parseV1URL,
	checkTime: checkEnd,
	canonical: canonicalV1,
	forms:     formsV1,
	newHash:   sha1.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	prepare:   prepareV1URL,
	attach: func(r *Request, _ *Claim, signature string) {
		r.Query = append(r.Query, Param{Name: paramV1Signature, Value: signature})
	},
	mismatch:      "0002-00000040",
	mismatchBound: "0002-00000602",
}

func rawSecret(_ *Claim, secret string) []byte { return []byte(secret) }

// parseV1Header reads "OSS AccessKeyId:base64(MAC)".
func parseV1Header(r *Request) (*Claim, error) {
	authorization := r.Header["Authorization"][0]
	evidence := Field{"Authorization", authorization}
	id, signature, ok := strings.Cut(strings.TrimPrefix(authorization, algorithmV1+" "), ":")
	switch {
	case !ok:
		return nil, invalid("0002-00000062", "Authorization header is invalid.", evidence)
	case id == "":
		return nil, invalid("0002-00000063", "AccessKeyId value is empty.", evidence)
	case signature == "":
		return nil, invalid("0002-00000065", "Signature value is empty.", evidence)
	case !isAccessKeyID(id):
		return nil, errAccessKeyID("0002-00000064", id)
	}
	token, err := tokenOfHeader(r, true)
	if err != nil {
		return nil, err
	}
	c := &Claim{AccessKeyID: id, SecurityToken: token, evidence: evidence}
	if err := c.readDate(r); err != nil {
		return nil, err
	}
	c.setBase64(signature, sha1.Size)
	return c, nil
}

// readDate takes the time of a header signature from x-oss-date or else Date.
// The text is signed as it was sent, whichever of its two formats it has.
func (c *Claim) readDate(r *Request) error {
	text, ok := ossHeaderValue(r.Header, "X-Oss-Date")
	if !ok {
		text, ok = headerValue(r.Header, "Date")
	}
	if !ok {
		return errNoDate("0002-00000503")
	}
	if c.SignedAt, ok = parseDate(text); !ok {
		return errNoDate("0002-00000505")
	}
	c.date = text
	return nil
}

// setBase64 keeps the signature. A MAC of another length or spelling is no error
// here: Verify refuses it, and then shows what it computed.
func (c *Claim) setBase64(signature string, size int) {
	c.signature = signature
	if len(signature) != base64.StdEncoding.EncodedLen(size) {
		return
	}
	var mac [base64Room]byte
	n, err := base64.StdEncoding.Strict().Decode(mac[:], []byte(signature))
	if err == nil && n == size { // the decoder skips line feeds, hence the second condition
		c.macSize = copy(c.mac[:], mac[:n])
	}
}

// base64Room holds the decoding of any MAC here, whatever its padding claims.
const base64Room = 36

func parseV1URL(r *Request) (*Claim, error) {
	const message = "Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters."
	var values [3]string
	for i, p := range [...]struct {
		name           string
		missing, empty string
	}{
		{paramV1Expires, "0002-00000067", "0002-00000068"},
		{paramV1Key, "0002-00000071", "0002-00000072"},
		{paramV1Signature, "0002-00000074", "0002-00000075"},
	} {
		value, ok := r.Query.Lookup(p.name)
		if !ok {
			return nil, denied(p.missing, message)
		}
		if value == "" {
			return nil, denied(p.empty, message)
		}
		values[i] = value
	}
	expires, id, signature := values[0], values[1], values[2]
	if !isDigits(expires) {
		return nil, denied("0002-00000070", "Invalid date (should be seconds since epoch).", argument(paramV1Expires, expires)...)
	}
	if !isAccessKeyID(id) {
		return nil, errAccessKeyID("0002-00000073", id)
	}
	token, err := tokenOfURL(r, paramV1Token)
	if err != nil {
		return nil, err
	}
	source, err := boundSource(r)
	if err != nil {
		return nil, err
	}
	c := &Claim{AccessKeyID: id, SecurityToken: token, Expires: unixTime(expires), date: expires, source: source}
	c.setBase64(signature, sha1.Size)
	return c, nil
}

// unixTime reads decimal seconds. Expires has no upper bound, but time.Time
// compares and prints nothing sensible far beyond the year 9999.
func unixTime(digits string) time.Time {
	const endOf9999 = 253402300799
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || seconds > endOf9999 {
		seconds = endOf9999
	}
	return time.Unix(seconds, 0).UTC()
}

// canonicalV1 writes METHOD, Content-MD5, Content-Type and date, a line each,
// then the x-oss headers and the resource with its signed parameters.
func canonicalV1(s *scratch, c *Claim, r *Request, res Resource, f form) {
	b := appendPreamble(s.text[:0], c, r, f)
	s.collectOSSHeaders(r.Header)
	b = s.appendHeaders(b)
	b = append(b, '/')
	if res.Bucket != "" {
		b = append(b, res.Bucket...)
		if !res.bare {
			b = append(b, '/')
		}
		b = append(b, res.Key...)
	}
	s.text = s.appendV1Parameters(b, c, r.Query, f)
}

// appendPreamble appends the four lines that V1 and V2 begin with.
func appendPreamble(b []byte, c *Claim, r *Request, f form) []byte {
	b = append(b, r.Method...)
	b = append(b, '\n')
	for _, name := range [...]string{"Content-Md5", "Content-Type"} {
		value, _ := headerValue(r.Header, name)
		b = append(b, value...)
		b = append(b, '\n')
	}
	date := c.date
	if f&dateOfHeader != 0 {
		date, _ = headerValue(r.Header, "Date")
	}
	b = append(b, date...)
	return append(b, '\n')
}

// appendV1Parameters appends the signed parameters, decoded and sorted by name.
// Of a repeated one the first value counts, as it does for Query.Get.
func (s *scratch) appendV1Parameters(b []byte, c *Claim, q Query, f form) []byte {
	params := s.params[:0]
	for i := range q {
		if isSignedV1(q[i].Name, f) && !(c.source != "" && q[i].Name == paramSourceIP) {
			params = append(params, q[i])
		}
	}
	if c.source != "" {
		params = append(params, Param{Name: paramSourceIP, Value: c.source})
	}
	s.params = params
	slices.SortStableFunc(params, func(x, y Param) int { return strings.Compare(x.Name, y.Name) })
	separator := byte('?')
	for i := range params {
		if i > 0 && params[i].Name == params[i-1].Name {
			continue
		}
		b = append(b, separator)
		separator = '&'
		b = append(b, params[i].Name...)
		if params[i].Value != "" {
			b = append(b, '=')
			b = append(b, params[i].Value...)
		}
	}
	return b
}

func isSignedV1(name string, f form) bool {
	switch name {
	case paramV1Token:
		return f&withoutToken == 0
	case "regions", "vip", "vpcip":
		return f&regionalParameters != 0
	}
	return V1Signs(name)
}

func formsV1(c *Claim, r *Request) []form {
	forms := []form{strict}
	if r.Query.Has("regions") || r.Query.Has("vip") || r.Query.Has("vpcip") {
		forms = append(forms, regionalParameters)
	}
	if c.Scheme == V1URL && c.SecurityToken != "" {
		for _, f := range forms {
			forms = append(forms, f|withoutToken)
		}
	}
	return forms[1:]
}

// prepareDate dates a header signature of V1 or V2.
func prepareDate(r *Request, c *Claim, _ string, now time.Time, _ time.Duration) error {
	c.date = now.UTC().Format(http.TimeFormat)
	r.Header.Del("X-Oss-Date")
	r.Header.Set("Date", c.date)
	if c.SecurityToken != "" {
		r.Header.Set(headerToken, c.SecurityToken)
	}
	return nil
}

func prepareV1URL(r *Request, c *Claim, _ string, now time.Time, lifetime time.Duration) error {
	if lifetime < time.Second {
		return errors.New("signature: a signed URL must be valid for at least one second")
	}
	c.date = strconv.FormatInt(now.Add(lifetime).Unix(), 10)
	r.Query = append(r.Query,
		Param{Name: paramV1Key, Value: c.AccessKeyID},
		Param{Name: paramV1Expires, Value: c.date})
	if c.SecurityToken != "" {
		r.Query = append(r.Query, Param{Name: paramV1Token, Value: c.SecurityToken})
	}
	return nil
}
