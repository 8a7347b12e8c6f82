package signature

// maxTokenSize bounds a security token, in bytes. Real ones have a few hundred;
// the longest that STS issues here, with a session policy that does not deflate,
// has a little over 11 KiB.
const maxTokenSize = 12 << 10

const (
	headerToken = "X-Oss-Security-Token"
	// headerUnsignedToken is where the second generation of the Python and Java
	// SDKs puts the token of a V1 header signature. Nothing signs it, which is
	// harmless: the token is checked against the access key, whose secret is.
	headerUnsignedToken = "Security-Token"
)

// tokenOfHeader finds the security token of a request that is signed in its
// Authorization header.
func tokenOfHeader(r *Request, concedeUnsigned bool) (string, error) {
	token, ok := ossHeaderValue(r.Header, headerToken)
	if ok && (r.Query.Has(paramToken) || r.Query.Has(paramV1Token)) {
		return "", errTwoTokens()
	}
	if !ok && concedeUnsigned {
		token, _ = headerValue(r.Header, headerUnsignedToken)
	}
	return token, nil
}

// tokenOfURL finds the security token of a signed URL, in the parameter param.
func tokenOfURL(r *Request, param string) (string, error) {
	token, inURL := r.Query.Lookup(param)
	if _, inHeader := r.Header[headerToken]; inHeader {
		if inURL {
			return "", errTwoTokens()
		}
		return "", invalid("0002-00000005", "The signature is in the URL, so the security token must be there too.")
	}
	return token, nil
}

func errTwoTokens() *Error {
	return invalid("0002-00000010", "The security token is both in a header and in the URL.")
}
