package signature

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Credentials are what a client signs with. SecurityToken is "" for permanent keys.
type Credentials struct {
	AccessKeyID, Secret, SecurityToken string
}

// SignHeader signs r in its Authorization header. It sets the headers that the
// scheme needs for date, token and payload; everything else that is signed must
// be in r before. region matters to V4 only. A signature that r carries already
// is replaced, so a retry can sign the same request again.
func SignHeader(scheme Scheme, r *Request, res Resource, cred Credentials, region string, now time.Time) error {
	if s := schemeNamed(scheme); s == nil || s.carrier != inHeader {
		return fmt.Errorf("signature: %q does not sign in a header", scheme)
	}
	return sign(scheme, r, res, cred, region, now, 0)
}

// Presign signs r in its query, for a URL that works until now + expires (whole
// seconds; at most seven days with V4). Whoever uses the URL must send the
// Content-Type, Content-MD5 and x-oss headers that are in r, and no other ones.
func Presign(scheme Scheme, r *Request, res Resource, cred Credentials, region string, now time.Time, expires time.Duration) error {
	if s := schemeNamed(scheme); s == nil || s.carrier != inURL {
		return fmt.Errorf("signature: %q does not sign in a URL", scheme)
	}
	return sign(scheme, r, res, cred, region, now, expires)
}

func sign(name Scheme, r *Request, res Resource, cred Credentials, region string, now time.Time, lifetime time.Duration) error {
	if !isAccessKeyID(cred.AccessKeyID) {
		return errors.New("signature: the access key ID is empty or has characters that are not allowed")
	}
	if hasQueryCredentials(r.Query) {
		return errors.New("signature: the query carries a signature already")
	}
	rules := schemeNamed(name)
	if rules.carrier == inHeader && r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Del(headerToken)
	c := &Claim{Scheme: name, AccessKeyID: cred.AccessKeyID, SecurityToken: cred.SecurityToken}
	if err := rules.prepare(r, c, region, now, lifetime); err != nil {
		return err
	}
	s := scratches.Get().(*scratch)
	defer s.release()
	rules.canonical(s, c, r, res, strict)
	key := newMACKey(rules.newHash, rules.deriveKey(c, cred.Secret))
	rules.attach(r, c, rules.encode(key.sum(nil, s.text)))
	return nil
}
