// Package diagnose tells why a signed request works or does not: what it signs,
// until when, and the mistake that most likely made a signature wrong. It is
// pure, like the package above it: it reads no clock, asks no server and does not
// know who a key belongs to or what anyone may do.
//
// A signature is diagnosed by making the known mistakes one after the other, and
// in pairs, until one of them yields the signature that was sent. So a cause is
// never a guess: the client's own signature proves it. What cannot be proved is
// not said. Neither a secret nor a signature that was computed leaves the package.
package diagnose

import (
	"errors"
	"regexp"
	"slices"
	"time"

	"ossd/protocol/signature"
)

// Input is a request as it arrived, and what is known about its signer.
type Input struct {
	Request *signature.Request
	Domains *signature.Domains // must not be nil
	Region  string             // of the server; "*" accepts any, "" is not checked
	Now     time.Time          // of the server

	// Secrets are those that may have signed. The one whose ID is that of the
	// request decides; the others tell whether a wrong one was taken. Without
	// one of the request's own the signature is not checked.
	Secrets []Secret

	TokenExpires time.Time // of the security token; zero: not known, or there is none
	Hosts        []string  // further names that clients may have signed for, such as public endpoints
}

// Secret is an access key. It must not be logged.
type Secret struct{ AccessKeyID, Secret string }

// Diagnosis is what can be said about a request. All of it but the verdicts of
// the last three fields is the request's own claim.
type Diagnosis struct {
	Scheme      signature.Scheme // "" for an anonymous request
	AccessKeyID string
	HasToken    bool // the request carries a security token

	Method     string
	Resource   signature.Resource // that was signed, if Matches; else the one addressed
	Parameters []signature.Param  // signed ones that say what is asked for; no credentials
	Headers    []signature.Field  // that the signature covers: they must be sent as they are

	Region       string    // V4
	SignedAt     time.Time // zero where the scheme does not say
	Expires      time.Time // of a URL; zero for header signatures
	TokenExpires time.Time // as given; zero: not known

	StringToSign     string // what must be signed; security tokens are masked
	CanonicalRequest string // V4

	Checked bool             // a secret was at hand
	Matches bool             // … and made this very signature
	Problem *signature.Error // what a server answers first; nil: nothing is wrong
	Causes  []Cause          // most telling first; empty for a correct request, or when no known mistake fits
}

// Cause is one mistake that was found. Expected and Signed are the first line in
// which the canonical forms differ, both empty where they do not (a wrong key).
type Cause struct {
	ID       string `param:"Id" json:"Id"` // stable, such as "content-type-added"
	Sentence string // for people, complete
	Expected string `param:",omitempty" json:",omitempty"` // the line as it must be for this request
	Signed   string `param:",omitempty" json:",omitempty"` // the line as the client signed it
}

// Diagnose takes a request apart and finds what is wrong with it.
func Diagnose(in Input) *Diagnosis {
	d := &Diagnosis{Method: in.Request.Method, Scheme: signature.SchemeOf(in.Request), TokenExpires: in.TokenExpires}
	candidates, err := in.Domains.Resolve(in.Request)
	if err != nil {
		d.refuse(err)
		return d
	}
	d.Resource = candidates[0]
	claim, err := signature.Parse(in.Request)
	if err != nil {
		d.refuse(err)
		d.add(malformed(in.Request)...)
		return d
	}
	if claim == nil {
		d.Parameters = parameters(in.Request.Query, everything)
		return d
	}
	d.describe(claim, in.Request)
	d.checkScope(claim, in)
	d.checkTimes(claim, in)
	d.checkSignature(claim, in, candidates)
	return d
}

// Ends returns the first instant at which the request works no longer, and which
// part of it ends then: "url" or "token". It is zero for a request that does not
// end, as far as is known.
func (d *Diagnosis) Ends() (at time.Time, part string) {
	at, part = d.Expires, "url"
	if !d.TokenExpires.IsZero() && (at.IsZero() || d.TokenExpires.Before(at)) {
		at, part = d.TokenExpires, "token"
	}
	if at.IsZero() {
		part = ""
	}
	return at, part
}

// refuse keeps the first refusal: that is the one which a server answers.
func (d *Diagnosis) refuse(err error) {
	var refusal *signature.Error
	if d.Problem == nil && errors.As(err, &refusal) {
		// Without its fields: they repeat what the diagnosis says better.
		d.Problem = &signature.Error{Code: refusal.Code, Message: refusal.Message, EC: refusal.EC}
	}
}

func (d *Diagnosis) add(causes ...Cause) { d.Causes = append(d.Causes, causes...) }

func (d *Diagnosis) describe(c *signature.Claim, r *signature.Request) {
	d.Scheme, d.AccessKeyID, d.HasToken = c.Scheme, c.AccessKeyID, c.SecurityToken != ""
	d.Region, d.SignedAt, d.Expires = c.Region, c.SignedAt, c.Expires
	s := newSheet(c, r, d.Resource)
	d.Parameters = parameters(r.Query, s.signs)
	for _, name := range s.signedHeaders() {
		if name != "x-oss-security-token" && name != "x-oss-date" && name != "x-oss-content-sha256" {
			d.Headers = append(d.Headers, signature.Field{Name: name, Value: s.headers[name]})
		}
	}
	text, request := c.Canonical(r, d.Resource)
	d.StringToSign, d.CanonicalRequest = mask(text), mask(request)
}

func everything(string) bool { return true }

// parameters are those of q that say what is asked for.
func parameters(q signature.Query, signed func(string) bool) (list []signature.Param) {
	for _, p := range q {
		if !signature.IsCredential(p.Name) && signed(p.Name) {
			list = append(list, p)
		}
	}
	return list
}

func (d *Diagnosis) checkSignature(c *signature.Claim, in Input, candidates []signature.Resource) {
	own := slices.IndexFunc(in.Secrets, func(s Secret) bool { return s.AccessKeyID == c.AccessKeyID })
	if own < 0 {
		return
	}
	d.Checked = true
	signed, err := c.Verify(in.Request, in.Secrets[own].Secret, candidates, nil)
	if err == nil {
		d.Matches, d.Resource = true, signed
		return
	}
	d.refuse(err)
	bases := basesOf(c, in.Request, candidates)
	search := newSearch(in, bases[0], in.Secrets[own].Secret, c.Details().Signature)
	d.add(search.run(bases)...)
}

// basesOf are the forms that are right: one for each resource that the request
// may address, in the spellings that are conceded.
func basesOf(c *signature.Claim, r *signature.Request, candidates []signature.Resource) (bases []*sheet) {
	for _, res := range candidates {
		bases = append(bases, newSheet(c, r, res))
	}
	if bases[0].family == v4 && slices.ContainsFunc(r.Query, func(p signature.Param) bool { return p.Value == "" && !p.Bare }) {
		s := newSheet(c, r, candidates[0])
		s.emptyEquals = true
		bases = append(bases, s)
	}
	return bases
}

// mask hides security tokens. They are of no use without their secrets, but have
// no place in what people copy into reports.
func mask(text string) string {
	return tokenValue.ReplaceAllString(text, "$1(security token)")
}

var tokenValue = regexp.MustCompile(`(\bsecurity-token[=:])[^&\n]+`)
