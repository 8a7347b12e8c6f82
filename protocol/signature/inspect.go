package signature

// Details are what a claim's signature covers besides the request itself. They
// are for telling why a signature does not match; nobody needs them to verify.
type Details struct {
	Signature  string   // as provided
	Timestamp  string   // the line of the string to sign that tells the time, verbatim
	Day        string   // V4: date of the credential, YYYYMMDD
	Additional []string // V2 and V4: names of the additional headers, lower case, sorted
	Source     string   // URLs bound to a network: what stands for x-oss-ac-source-ip
}

// Details takes the claim apart. Like the claim, they are not to be believed.
func (c *Claim) Details() Details {
	return Details{Signature: c.signature, Timestamp: c.date, Day: c.day, Additional: c.additional, Source: c.source}
}

// Canonical returns the string to sign of a request that addresses res, in the
// strict form, and the canonical request where the scheme has one.
func (c *Claim) Canonical(r *Request, res Resource) (stringToSign, canonicalRequest string) {
	s := scratches.Get().(*scratch)
	defer s.release()
	s.request = s.request[:0]
	schemeNamed(c.Scheme).canonical(s, c, r, res, strict)
	return string(s.text), string(s.request)
}

// SchemeOf tells how a request says it is signed: "" for one that carries no
// credentials, and for one whose scheme cannot be told.
func SchemeOf(r *Request) Scheme {
	scheme, err := recognise(r)
	if err != nil {
		return ""
	}
	return scheme
}

// IsCredential tells the query parameters that carry credentials, their times
// included, from those that say what is asked for.
func IsCredential(name string) bool { return isCredential(name) }
