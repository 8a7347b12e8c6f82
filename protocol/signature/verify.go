package signature

import (
	"crypto/hmac"
	"fmt"
)

// Verify proves the claim: that whoever made r knows the secret. candidates come
// from Domains.Resolve; the one that was signed is returned, and it is what the
// request must be taken to address. keys may be nil. The error is an *Error,
// SignatureDoesNotMatch with what was computed for the first candidate.
//
// The strict form is tried first. Only after it failed for every candidate do
// the concessions to known SDKs follow; each costs one more MAC.
func (c *Claim) Verify(r *Request, secret string, candidates []Resource, keys *KeyCache) (Resource, error) {
	s := scratches.Get().(*scratch)
	defer s.release()
	key := keys.signingKey(c, secret)
	res, _, ok := c.match(s, r, key.macKey, candidates)
	if !ok {
		return Resource{}, c.errMismatch(s, r, candidates)
	}
	keys.proved(key)
	res.bare = false
	return res, nil
}

// match returns the first candidate and form whose signature is the claimed one.
func (c *Claim) match(s *scratch, r *Request, key *macKey, candidates []Resource) (Resource, form, bool) {
	if c.macSize == 0 {
		return Resource{}, strict, false
	}
	for _, res := range candidates {
		if c.matches(s, r, key, res, strict) {
			return res, strict, true
		}
	}
	for _, f := range schemeNamed(c.Scheme).forms(c, r) {
		for _, res := range candidates {
			if c.matches(s, r, key, res, f) {
				return res, f, true
			}
		}
	}
	return Resource{}, strict, false
}

func (c *Claim) matches(s *scratch, r *Request, key *macKey, res Resource, f form) bool {
	schemeNamed(c.Scheme).canonical(s, c, r, res, f)
	s.sum = key.sum(s.sum[:0], s.text)
	return hmac.Equal(s.sum, c.mac[:c.macSize])
}

// errMismatch shows the client what it should have signed. That discloses
// nothing which it did not send itself.
func (c *Claim) errMismatch(s *scratch, r *Request, candidates []Resource) *Error {
	var res Resource
	if len(candidates) > 0 {
		res = candidates[0]
	}
	rules := schemeNamed(c.Scheme)
	s.request = s.request[:0]
	rules.canonical(s, c, r, res, strict)
	e := c.errNoMatch(s.text)
	if len(s.request) > 0 {
		e.Fields = append(e.Fields, Field{"CanonicalRequest", string(s.request)})
	}
	if c.source != "" {
		e.EC = rules.mismatchBound
	}
	return e
}

// errNoMatch is what the mismatches of all schemes have in common.
func (c *Claim) errNoMatch(stringToSign []byte) *Error {
	return &Error{
		Code:    "SignatureDoesNotMatch",
		Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		EC:      schemeNamed(c.Scheme).mismatch,
		Fields: []Field{
			{"OSSAccessKeyId", c.AccessKeyID},
			{"SignatureProvided", c.signature},
			{"StringToSign", string(stringToSign)},
			{"StringToSignBytes", fmt.Sprintf("% X ", stringToSign)},
		},
	}
}
