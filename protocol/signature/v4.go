package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	terminatorV4    = "aliyun_v4_request"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	headerPayload   = "X-Oss-Content-Sha256"
)

var v4Header = scheme{
	parse:     parseV4Header,
	checkTime: checkSkew,
	canonical: canonicalV4,
	forms:     formsV4,
	newHash:   sha256.New,
	deriveKey: deriveV4,
	encode:    hex.EncodeToString,
	prepare:   prepareV4Header,
	attach: func(r *Request, c *Claim, signature string) {
		value := algorithmV4 + " Credential=" + c.credentialV4()
		if len(c.additional) > 0 {
			value += ",AdditionalHeaders=" + strings.Join(c.additional, ";")
		}
		r.Header.Set("Authorization", value+",Signature="+signature)
	},
	mismatch:      "0002-00000201",
	mismatchBound: "0002-00000225",
}

var v4URL = scheme{
	carrier:   inURL,
	parse:     parseV4URL,
	checkTime: checkV4Window,
	canonical: canonicalV4,
	forms:     formsV4,
	newHash:   sha256.New,
	deriveKey: deriveV4,
	encode:    hex.EncodeToString,
	prepare:   prepareV4URL,
	attach: func(r *Request, _ *Claim, signature string) {
		r.Query = append(r.Query, Param{Name: paramSignature, Value: signature})
	},
	mismatch:      "0002-00000201",
	mismatchBound: "0002-00000225",
}

// deriveV4 chains the secret through day, region and product, so that a leaked
// key is worth little.
func deriveV4(c *Claim, secret string) []byte {
	key := []byte("aliyun_v4" + secret)
	for _, text := range [...]string{c.day, c.Region, c.Product, terminatorV4} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		key = h.Sum(nil)
	}
	return key
}

// canonicalV4 writes the canonical request and the string to sign over its digest.
func canonicalV4(s *scratch, c *Claim, r *Request, res Resource, f form) {
	b := append(s.request[:0], r.Method...)
	b = append(b, '\n', '/')
	if res.Bucket != "" {
		b = appendEscaped(b, res.Bucket, false)
		if !res.bare {
			b = append(b, '/')
		}
		b = appendEscaped(b, res.Key, true)
	}
	b = append(b, '\n')
	b = s.appendParameters(b, c, r.Query, f)
	b = append(b, '\n')
	s.collectV4Headers(c, r, f)
	b = s.appendHeaders(b)
	b = append(b, '\n')
	b = appendNames(b, c.additional)
	b = append(b, "\n"+unsignedPayload...) // Parse refuses any other
	s.request = b

	digest := sha256.Sum256(b)
	t := append(s.text[:0], algorithmV4+"\n"...)
	t = append(t, c.date...)
	t = append(t, '\n')
	t = c.appendScopeV4(t)
	t = append(t, '\n')
	s.text = hex.AppendEncode(t, digest[:])
}

func (c *Claim) appendScopeV4(b []byte) []byte {
	for _, part := range [...]string{c.day, c.Region, c.Product} {
		b = append(b, part...)
		b = append(b, '/')
	}
	return append(b, terminatorV4...)
}

func (c *Claim) credentialV4() string {
	return string(c.appendScopeV4([]byte(c.AccessKeyID + "/")))
}

// collectV4Headers gathers x-oss headers, Content-Type, Content-MD5 and the
// additional ones, each once.
func (s *scratch) collectV4Headers(c *Claim, r *Request, f form) {
	s.collectOSSHeaders(r.Header)
	for _, name := range [...]string{"Content-Md5", "Content-Type"} {
		if values := r.Header[name]; len(values) > 0 {
			s.addHeader(name, values[:1])
		}
	}
	s.collectAdditional(c, r, f, isSignedByDefault)
}

// formsV4 lists the concessions: ali-oss signs an empty value that its caller
// gave as "name=", but sub-resources of the operation as bare names, though it
// sends both with '='.
func formsV4(c *Claim, r *Request) []form {
	forms := []form{strict}
	empty, subresource := false, false
	for i := range r.Query {
		if p := &r.Query[i]; p.Value == "" && !p.Bare && p.Name != paramSignature {
			empty = true
			subresource = subresource || isSubresource(p.Name)
		}
	}
	if empty {
		forms = append(forms, emptyWithEquals)
	}
	if subresource {
		forms = append(forms, emptyWithEquals|exceptSubresources)
	}
	if signsPort(c, r) {
		for _, f := range forms {
			forms = append(forms, f|hostWithoutPort)
		}
	}
	return forms[1:]
}

func prepareV4Header(r *Request, c *Claim, region string, now time.Time, _ time.Duration) error {
	if err := c.setScopeV4(region, now); err != nil {
		return err
	}
	r.Header.Set("X-Oss-Date", c.date)
	r.Header.Set(headerPayload, unsignedPayload)
	if c.SecurityToken != "" {
		r.Header.Set(headerToken, c.SecurityToken)
	}
	return nil
}

func prepareV4URL(r *Request, c *Claim, region string, now time.Time, lifetime time.Duration) error {
	if lifetime < time.Second || lifetime > maxLifetime*time.Second {
		return errors.New("signature: a V4 URL must be valid for between one second and seven days")
	}
	if err := c.setScopeV4(region, now); err != nil {
		return err
	}
	r.Query = append(r.Query,
		Param{Name: paramVersion, Value: algorithmV4},
		Param{Name: paramCredential, Value: c.credentialV4()},
		Param{Name: paramDate, Value: c.date},
		Param{Name: paramExpires, Value: strconv.FormatInt(int64(lifetime/time.Second), 10)})
	if len(c.additional) > 0 {
		r.Query = append(r.Query, Param{Name: paramAdditional, Value: strings.Join(c.additional, ";")})
	}
	if c.SecurityToken != "" {
		r.Query = append(r.Query, Param{Name: paramToken, Value: c.SecurityToken})
	}
	return nil
}

func (c *Claim) setScopeV4(region string, now time.Time) error {
	if !isRegion(region) {
		return errors.New("signature: V4 needs a region")
	}
	c.Region, c.Product = region, productOSS
	c.date = now.UTC().Format(isoBasic)
	c.day = c.date[:len(isoDay)]
	return nil
}
