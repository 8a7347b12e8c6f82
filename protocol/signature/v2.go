package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

var v2Header = scheme{
	parse:     parseV2Header,
	checkTime: checkSkew,
	canonical: canonicalV2,
	forms:     formsV2,
	newHash:   sha256.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	prepare:   prepareDate,
	attach: func(r *Request, c *Claim, signature string) {
		value := algorithmV2 + " AccessKeyId:" + c.AccessKeyID
		if len(c.additional) > 0 {
			value += ",AdditionalHeaders:" + strings.Join(c.additional, ";")
		}
		r.Header.Set("Authorization", value+",Signature:"+signature)
	},
	mismatch:      "0002-00000101",
	mismatchBound: "0002-00000119",
}

var v2URL = scheme{
	carrier:   inURL,
	parse:     parseV2URL,
	checkTime: checkEnd,
	canonical: canonicalV2,
	forms:     formsV2,
	newHash:   sha256.New,
	deriveKey: rawSecret,
	encode:    base64.StdEncoding.EncodeToString,
	prepare:   prepareV2URL,
	attach: func(r *Request, _ *Claim, signature string) {
		r.Query = append(r.Query, Param{Name: paramSignature, Value: signature})
	},
	mismatch:      "0002-00000101",
	mismatchBound: "0002-00000119",
}

var itemsV2 = [3]string{"AccessKeyId", "AdditionalHeaders", "Signature"}

// parseV2Header reads "OSS2 AccessKeyId:…[,AdditionalHeaders:…],Signature:…".
func parseV2Header(r *Request) (*Claim, error) {
	authorization := r.Header["Authorization"][0]
	c := &Claim{evidence: Field{"Authorization", authorization}}
	items, fault := splitItems(strings.TrimPrefix(authorization, algorithmV2+" "), ":", itemsV2)
	if ec, message := faultV2(items, fault); ec != "" {
		return nil, invalid(ec, message, c.evidence)
	}
	if c.AccessKeyID = items[0].value; !isAccessKeyID(c.AccessKeyID) {
		return nil, errAccessKeyID("0002-00000107", c.AccessKeyID)
	}
	if items[1].present {
		if err := c.setAdditional(r, items[1].value, ecAdditional{"0002-00000110", "0002-00000111", "0002-00000112"}); err != nil {
			return nil, err
		}
	}
	var err error
	if c.SecurityToken, err = tokenOfHeader(r, false); err != nil {
		return nil, err
	}
	if err := c.readDate(r); err != nil {
		return nil, err
	}
	c.setBase64(items[2].value, sha256.Size)
	return c, nil
}

// faultV2 tells what is wrong with the items of the header, "" if nothing is.
func faultV2(items [3]item, fault string) (ec, message string) {
	switch {
	case fault == itemsMiscounted:
		return "0002-00000102", fault
	case fault == itemsUnparted:
		return "0002-00000103", fault
	case fault == itemUnknown:
		return "0002-00000104", fault
	case !items[0].present:
		return "0002-00000105", itemMissing
	case items[0].value == "":
		return "0002-00000106", "AccessKeyId value is empty."
	case !items[2].present:
		return "0002-00000108", itemMissing
	case items[2].value == "":
		return "0002-00000109", "Signature value is empty."
	}
	return "", ""
}

var requiredV2 = [3]requirement{
	{paramExpires, "0002-00000113", "0002-00000114"},
	{paramV2Key, "0002-00000115", "0002-00000116"},
	{paramSignature, "0002-00000117", "0002-00000118"},
}

// parseV2URL reads a URL whose x-oss-expires, unlike that of V4, is a Unix time.
func parseV2URL(r *Request) (*Claim, error) {
	values, err := requireParameters(r.Query, requiredV2)
	if err != nil {
		return nil, err
	}
	expires, id, signature := values[0], values[1], values[2]
	if !isDigits(expires) {
		return nil, denied("0002-00000070", "Invalid date (should be seconds since epoch).", argument(paramExpires, expires)...)
	}
	if !isAccessKeyID(id) {
		return nil, errAccessKeyID("0002-00000901", id)
	}
	c := &Claim{AccessKeyID: id, Expires: unixTime(expires), date: expires, evidence: Field{paramV2Key, id}}
	if additional, ok := r.Query.Lookup(paramAdditional); ok {
		if err := c.setAdditional(r, additional, ecURLAdditional); err != nil {
			return nil, err
		}
	}
	if c.SecurityToken, err = tokenOfURL(r, paramV1Token); err != nil {
		return nil, err
	}
	if c.source, err = boundSource(r); err != nil {
		return nil, err
	}
	c.setBase64(signature, sha256.Size)
	return c, nil
}

// canonicalV2 writes what V1 does, but with additional headers and their names,
// with the resource encoded, slashes too, and with every parameter.
func canonicalV2(s *scratch, c *Claim, r *Request, res Resource, f form) {
	b := appendPreamble(s.text[:0], c, r, f)
	s.collectOSSHeaders(r.Header)
	s.collectAdditional(c, r, f, isOSSHeader)
	b = s.appendHeaders(b)
	b = appendNames(b, c.additional)
	b = append(b, "\n%2F"...)
	if res.Bucket != "" {
		b = appendEscaped(b, res.Bucket, false)
		b = append(b, "%2F"...)
		b = appendEscaped(b, res.Key, false)
	}
	mark := len(b)
	b = append(b, '?')
	b = s.appendParameters(b, c, r.Query, strict)
	if len(b) == mark+1 {
		b = b[:mark]
	}
	s.text = b
}

func formsV2(c *Claim, r *Request) []form {
	forms := []form{strict}
	if date, ok := headerValue(r.Header, "Date"); ok && c.Scheme == V2Header && date != c.date {
		forms = append(forms, dateOfHeader)
	}
	if signsPort(c, r) {
		for _, f := range forms {
			forms = append(forms, f|hostWithoutPort)
		}
	}
	return forms[1:]
}

func prepareV2URL(r *Request, c *Claim, _ string, now time.Time, lifetime time.Duration) error {
	if lifetime < time.Second {
		return errors.New("signature: a signed URL must be valid for at least one second")
	}
	c.date = strconv.FormatInt(now.Add(lifetime).Unix(), 10)
	r.Query = append(r.Query,
		Param{Name: paramVersion, Value: algorithmV2},
		Param{Name: paramV2Key, Value: c.AccessKeyID},
		Param{Name: paramExpires, Value: c.date})
	if len(c.additional) > 0 {
		r.Query = append(r.Query, Param{Name: paramAdditional, Value: strings.Join(c.additional, ";")})
	}
	if c.SecurityToken != "" {
		r.Query = append(r.Query, Param{Name: paramV1Token, Value: c.SecurityToken})
	}
	return nil
}
