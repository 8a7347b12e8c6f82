// Package idtoken verifies the ID tokens of OpenID Connect issuers: it finds an
// issuer's keys by discovery, keeps them for a while, and holds tokens against
// them. It does not know what a token is good for, nor who may name an issuer.
//
// Whoever names issuers makes this program send requests. So an issuer must be
// public: its URL https, its certificate good, and every address that is
// connected to one of the internet's. Issuers that Config.Local lists are the
// operator's own and may be anywhere. Nothing that an issuer or a token does may
// cost more than the bounds in this package.
package idtoken

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Config is what a Verifier works with. Its zero value is good.
type Config struct {
	// Local are the URLs of issuers that may have private addresses, and, on
	// loopback, do without TLS. See CheckLocal.
	Local []string
	Roots *x509.CertPool   // nil: the system's
	Now   func() time.Time // nil: time.Now
}

// Expected is what a token must be held against.
type Expected struct {
	Tenant       string   // on whose behalf: tenants do not share bounds
	Issuer       string   // the iss claim, to the letter, and where discovery begins
	Audiences    []string // the token must name one of them
	Fingerprints []string // SHA-1, hexadecimal, of the authority's certificate; one must be in the chain. None: any chain will do
	MaxAge       time.Duration
}

// Claims are those of a token that was verified.
type Claims struct {
	Issuer   string
	Subject  string
	Audience []string // all that the token names
	ClientID string   // the one of them that was expected
	IssuedAt time.Time
	Expiry   time.Time
}

// Reason says why a token was refused.
type Reason int

const (
	Malformed      Reason = iota + 1 // no token at all
	Algorithm                        // signed in a way that is not accepted; Detail names it
	WrongIssuer                      // of somebody else
	WrongAudience                    // for somebody else
	Expired                          // over, or issued too long ago
	NotYet                           // issued in the future
	BadSignature                     // not signed by a key of the issuer
	BadCertificate                   // the issuer cannot prove who it is
	Unavailable                      // the issuer's configuration or keys cannot be had
	Busy                             // too much is being asked of issuers
)

var reasons = map[Reason]string{
	Malformed: "malformed", Algorithm: "algorithm not accepted", WrongIssuer: "wrong issuer", WrongAudience: "wrong audience",
	Expired: "expired", NotYet: "issued in the future", BadSignature: "bad signature", BadCertificate: "certificate of the issuer not accepted",
	Unavailable: "issuer not available", Busy: "too many issuers are being asked",
}

// Error is a refusal. Err may name addresses: it is for the log of the operator,
// not for whoever sent the token.
type Error struct {
	Reason Reason
	Detail string
	Err    error
}

func (e *Error) Error() string {
	text := "idtoken: " + reasons[e.Reason]
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

const (
	// MaxToken is the longest token, in bytes (vendor documentation of AssumeRoleWithOIDC).
	MaxToken = 20000

	// leeway is how far an issuer's clock may be off.
	leeway = time.Minute
)

// algorithms are those with a key that only the issuer has. Neither "none" nor
// those with a shared secret: HS256 with the public key for a secret would be
// a token that anybody can sign.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512,
}

// Verify returns the claims of a token that is all that was expected, or an *Error.
// What can be refused without asking the issuer is.
func (v *Verifier) Verify(ctx context.Context, want Expected, token string) (Claims, error) {
	if err := v.precheck(want, token); err != nil {
		return Claims{}, err
	}
	keys := &keySet{source: v.source(want)}
	verifier := oidc.NewVerifier(want.Issuer, keys, &oidc.Config{
		SupportedSigningAlgs: algorithms,
		SkipClientIDCheck:    true, // check asks for any of several
		SkipExpiryCheck:      true, // check has a leeway
	})
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		if refusal := keys.refusal; refusal != nil { // the library hands on only its text
			return Claims{}, refusal
		}
		return Claims{}, &Error{Reason: BadSignature, Err: err}
	}
	var c rawClaims
	if err := verified.Claims(&c); err != nil {
		return Claims{}, &Error{Reason: Malformed, Err: err}
	}
	return c.check(want, v.now())
}

// precheck looks at a token that nothing is known of yet. Whatever it lets pass
// is looked at again when the signature has been verified.
func (v *Verifier) precheck(want Expected, token string) error {
	if len(token) > MaxToken {
		return &Error{Reason: Malformed, Detail: "too long"}
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 { // also the JSON forms, and encrypted tokens, which have five
		return &Error{Reason: Malformed, Detail: "not three parts"}
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return err
	}
	if !slices.Contains(algorithms, header.Algorithm) {
		return &Error{Reason: Algorithm, Detail: header.Algorithm}
	}
	var c rawClaims
	if err := decodePart(parts[1], &c); err != nil {
		return err
	}
	if parts[2] == "" {
		return &Error{Reason: BadSignature, Detail: "there is none"}
	}
	_, err := c.check(want, v.now())
	return err
}

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return &Error{Reason: Malformed, Detail: "not base64", Err: err}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &Error{Reason: Malformed, Detail: "not JSON", Err: err}
	}
	return nil
}

// rawClaims are those that the check needs. Times may have fractions (RFC 7519, NumericDate).
type rawClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	IssuedAt  float64  `json:"iat"`
	NotBefore float64  `json:"nbf"`
	Expiry    float64  `json:"exp"`
}

// audience is a list that may be written as its only element.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	var all []string
	if err := json.Unmarshal(text, &all); err != nil {
		return errors.New("aud is neither a string nor a list of strings")
	}
	*a = all
	return nil
}

// maxSubject is how long a subject may be (OpenID Connect Core, section 2).
const maxSubject = 255

func (c *rawClaims) check(want Expected, now time.Time) (Claims, error) {
	if c.Issuer != want.Issuer {
		return Claims{}, &Error{Reason: WrongIssuer}
	}
	if c.Subject == "" || len(c.Subject) > maxSubject {
		return Claims{}, &Error{Reason: Malformed, Detail: "sub"}
	}
	issued, ok1 := instant(c.IssuedAt)
	expiry, ok2 := instant(c.Expiry)
	if !ok1 || !ok2 {
		return Claims{}, &Error{Reason: Malformed, Detail: "iat or exp"}
	}
	var named []string
	for _, a := range want.Audiences {
		if slices.Contains(c.Audience, a) {
			named = append(named, a)
		}
	}
	// A condition on the audience sees one value. Of several it would see one and
	// miss another, which a Deny may be about.
	if len(named) != 1 {
		return Claims{}, &Error{Reason: WrongAudience}
	}
	switch {
	case !now.Before(expiry.Add(leeway)):
		return Claims{}, &Error{Reason: Expired}
	case want.MaxAge > 0 && now.Sub(issued) > want.MaxAge+leeway:
		return Claims{}, &Error{Reason: Expired, Detail: "issued too long ago"}
	case issued.After(now.Add(leeway)):
		return Claims{}, &Error{Reason: NotYet}
	}
	if c.NotBefore != 0 {
		if from, ok := instant(c.NotBefore); !ok || from.After(now.Add(leeway)) {
			return Claims{}, &Error{Reason: NotYet}
		}
	}
	return Claims{
		Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, ClientID: named[0], IssuedAt: issued, Expiry: expiry,
	}, nil
}

// instant reads seconds since 1970. Zero is absent, and what lies far from any
// calendar is nonsense.
func instant(seconds float64) (time.Time, bool) {
	if !(seconds > 0 && seconds < 1<<37) { // also if it is not a number
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC(), true
}

// CheckLocal says whether an issuer may be listed as local: any https URL, and http
// where the name or address is this machine's. Elsewhere, http would let whoever
// sits on the way exchange the keys.
func CheckLocal(issuer string) error {
	u, err := parseIssuer(issuer)
	if err != nil {
		return err
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return fmt.Errorf("issuer %s: http is good for localhost and loopback addresses only", issuer)
	}
	return nil
}
