package signature

import "strings"

// Names of the parameters that carry credentials.
const (
	paramV1Key       = "OSSAccessKeyId"
	paramV1Expires   = "Expires"
	paramV1Signature = "Signature"
	paramV1Token     = "security-token" // V2 too

	paramVersion    = "x-oss-signature-version"
	paramCredential = "x-oss-credential"
	paramDate       = "x-oss-date"
	paramExpires    = "x-oss-expires"
	paramAdditional = "x-oss-additional-headers"
	paramSignature  = "x-oss-signature"
	paramToken      = "x-oss-security-token"

	paramV2Key = "x-oss-access-key-id"
)

// Values that name a version, in Authorization and in x-oss-signature-version.
const (
	algorithmV1 = "OSS"
	algorithmV2 = "OSS2"
	algorithmV4 = "OSS4-HMAC-SHA256"
)

// Parse reads the credentials of a request. It returns nil, nil for a request
// that carries none, and an *Error for any that are malformed: a present but
// unusable credential never makes a request anonymous.
//
// Form uploads (POST of multipart/form-data to a bucket) carry their credentials
// in the form, for ParseForm, and the caller must tell them apart before: only it
// knows whether the path names a key.
func Parse(r *Request) (*Claim, error) {
	name, err := recognise(r)
	if err != nil || name == "" {
		return nil, err
	}
	c, err := schemeNamed(name).parse(r)
	if err != nil {
		return nil, err
	}
	c.Scheme = name
	if len(c.SecurityToken) > maxTokenSize {
		return nil, TokenInvalid()
	}
	return c, nil
}

// recognise tells the scheme, "" for an anonymous request. The order of the
// questions is that of the service.
func recognise(r *Request) (Scheme, error) {
	headers := r.Header["Authorization"]
	inQuery := hasQueryCredentials(r.Query)
	switch {
	case len(headers) > 1:
		return "", invalid("", "The Authorization header occurs more than once.")
	case len(headers) == 1 && inQuery:
		return "", invalid("", "The request is signed in the Authorization header and in the URL.")
	case len(headers) == 1:
		return recogniseHeader(headers[0])
	case !inQuery:
		return "", nil
	}
	version, ok := r.Query.Lookup(paramVersion)
	switch {
	case ok && version == algorithmV4:
		return V4URL, nil
	case ok && version == algorithmV2:
		return V2URL, nil
	case !ok && (r.Query.Has(paramV1Key) || r.Query.Has(paramV1Signature)):
		return V1URL, nil
	}
	return "", invalid("0002-00000066", "The signature version of the URL is not valid.", argument(paramVersion, version)...)
}

func recogniseHeader(authorization string) (Scheme, error) {
	name, _, _ := strings.Cut(authorization, " ")
	switch name {
	case algorithmV4:
		return V4Header, nil
	case algorithmV1:
		return V1Header, nil
	case algorithmV2:
		return V2Header, nil
	}
	return "", invalid("", "Authorization header is invalid.", Field{"Authorization", authorization})
}

// hasQueryCredentials reports whether the query tries to prove an identity.
// Expires alone does not.
func hasQueryCredentials(q Query) bool {
	for i := range q {
		switch q[i].Name {
		case paramV1Key, paramV1Signature, paramVersion, paramSignature, paramCredential, paramV2Key:
			return true
		}
	}
	return false
}

// isCredential tells the parameters whose first value wins.
func isCredential(name string) bool {
	switch name {
	case paramV1Key, paramV1Expires, paramV1Signature, paramV1Token,
		paramVersion, paramCredential, paramDate, paramExpires, paramAdditional, paramSignature, paramToken,
		paramV2Key:
		return true
	}
	return false
}

// isAccessKeyID admits what access key IDs are made of. The service does not
// publish its set; this one keeps every separator of every scheme out.
func isAccessKeyID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c == '/' || c == '~' || !unreserved[c] {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

func errAccessKeyID(ec, id string) *Error {
	return refuseKey(id, "The OSS Access Key Id contains non-acceptable characters.", ec)
}
