package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const algorithmACS3 = "ACS3-HMAC-SHA256"

// Headers of ACS3 in the canonical form of net/http.
const (
	headerACSDate  = "X-Acs-Date"
	headerACSNonce = "X-Acs-Signature-Nonce"
	headerACSBody  = "X-Acs-Content-Sha256"
	headerACSToken = "X-Acs-Security-Token"
)

// acs3Required are the headers that every signature must cover.
var acs3Required = [...]string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}

var itemsACS3 = [3]string{"Credential", "SignedHeaders", "Signature"}

// acs3 is what an ACS3 signature covers.
type acs3 struct {
	request *Request
	body    []byte
	signed  []string // names of the signed headers, lower case, sorted, unique
}

// ParseACS3 reads the credentials of an RPC request in its third version, whose
// Authorization header reads
//
//	ACS3-HMAC-SHA256 Credential=…,SignedHeaders=host;x-acs-action;…,Signature=…
//
// body is all of the body. The claim keeps both, which must not change until
// Verify. The error is an *RPCError.
//
// Whatever x-acs header is present must be signed, as the vendor demands, and
// occur once: which action an answer belongs to must never be a question.
func ParseACS3(r *Request, body []byte) (*RPCClaim, error) {
	authorization := r.Header["Authorization"]
	if len(authorization) != 1 {
		return nil, rpcIncomplete("There must be one Authorization header.")
	}
	text, ok := strings.CutPrefix(authorization[0], algorithmACS3+" ")
	if !ok {
		return nil, rpcSignatureMethod()
	}
	items, fault := splitItems(text, "=", itemsACS3)
	if fault != "" {
		return nil, rpcIncomplete(fault)
	}
	for i, item := range items {
		if item.value == "" {
			return nil, rpcIncomplete("The Authorization header lacks " + itemsACS3[i] + ".")
		}
	}
	signed, err := acs3Signed(r, items[1].value)
	if err != nil {
		return nil, err
	}
	timestamp, err := rpcTimestamp(r.Header[headerACSDate][0])
	if err != nil {
		return nil, err
	}
	return &RPCClaim{
		Scheme:        ACS3,
		AccessKeyID:   items[0].value,
		SecurityToken: r.Header.Get(headerACSToken),
		Nonce:         r.Header.Get(headerACSNonce),
		Timestamp:     timestamp,
		signature:     items[2].value,
		acs3:          &acs3{r, body, signed},
	}, nil
}

// acs3Signed reads the list of signed headers, and checks that it covers enough.
func acs3Signed(r *Request, list string) ([]string, error) {
	names := strings.Split(strings.ToLower(list), ";")
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names {
		if !r.carries(name) {
			return nil, rpcIncomplete("SignedHeaders names a header that the request does not carry.")
		}
	}
	for _, name := range acs3Required {
		if _, ok := slices.BinarySearch(names, name); !ok {
			return nil, rpcIncomplete("The header " + name + " must be signed.")
		}
	}
	for name, values := range r.Header {
		name = strings.ToLower(name)
		if !strings.HasPrefix(name, "x-acs-") {
			continue
		}
		if _, ok := slices.BinarySearch(names, name); !ok {
			return nil, rpcIncomplete("Every header that begins with x-acs- must be signed.")
		}
		if len(values) != 1 {
			return nil, rpcIncomplete("A header that begins with x-acs- occurs more than once.")
		}
	}
	return names, nil
}

// verifyACS3 proves the claim. It takes the digest of the body that was read, not
// the one that was announced, so that a mismatch shows which of them differ.
func (c *RPCClaim) verifyACS3(secret string) error {
	s := scratches.Get().(*scratch)
	defer s.release()
	digest := c.acs3.canonical(s)
	var mac [sha256.Size]byte
	ok := decodeHexMAC(&mac, c.signature)
	ok = hmac.Equal(acs3MAC(secret, s.text), mac[:]) && ok
	announced := c.acs3.request.Header.Get(headerACSBody)
	if ok && hmac.Equal([]byte(announced), []byte(digest)) {
		return nil
	}
	return &RPCError{
		Code: "SignatureDoesNotMatch",
		Message: "Specified signature does not match our calculation. server StringToSign is [" + string(s.text) +
			"] server CanonicalRequest is [" + string(s.request) + "]",
		Status: http.StatusBadRequest,
	}
}

// canonical leaves canonical request and string to sign in s, and returns the
// digest of the body in hexadecimal.
func (a *acs3) canonical(s *scratch) (digest string) {
	r := a.request
	b := append(s.request[:0], r.Method...)
	b = append(b, '\n')
	if r.Path == "" {
		b = append(b, '/')
	}
	b = append(b, r.Path...) // "/" in every request of this style
	b = append(b, '\n')
	s.encoded, s.spans = s.encoded[:0], s.spans[:0]
	for i := range r.Query {
		s.addParameter(r.Query[i].Name, r.Query[i].Value, true)
	}
	b = s.appendSorted(b)
	b = append(b, '\n')
	s.names, s.lines = s.names[:0], s.lines[:0]
	for _, name := range a.signed {
		if name == "host" {
			s.host[0] = r.Host
			s.addHeader(name, s.host[:])
			continue
		}
		s.addHeader(name, r.Header[http.CanonicalHeaderKey(name)])
	}
	b = s.appendHeaders(b)
	b = append(b, '\n')
	b = appendNames(b, a.signed)
	b = append(b, '\n')
	sum := sha256.Sum256(a.body)
	b = hex.AppendEncode(b, sum[:])
	s.request = b
	digest = string(b[len(b)-2*len(sum):])

	sum = sha256.Sum256(b)
	t := append(s.text[:0], algorithmACS3+"\n"...)
	s.text = hex.AppendEncode(t, sum[:])
	return digest
}

// acs3MAC uses the secret as it is, without the "&" of V1.
func acs3MAC(secret string, text []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(text)
	return h.Sum(nil)
}

// SignACS3 signs r, which must have X-Acs-Action and X-Acs-Version among its
// headers and parameters in its query or, as a form, in body. nonce must be new
// for every request. A signature that r carries already is replaced.
func SignACS3(r *Request, body []byte, cred Credentials, now time.Time, nonce string) {
	digest := sha256.Sum256(body)
	r.Header.Set(headerACSDate, now.UTC().Format(rpcTime))
	r.Header.Set(headerACSNonce, nonce)
	r.Header.Set(headerACSBody, hex.EncodeToString(digest[:]))
	r.Header.Del(headerACSToken)
	if cred.SecurityToken != "" {
		r.Header.Set(headerACSToken, cred.SecurityToken)
	}
	signed := []string{"host"}
	for name := range r.Header {
		if name = strings.ToLower(name); name == "content-type" || strings.HasPrefix(name, "x-acs-") {
			signed = append(signed, name)
		}
	}
	slices.Sort(signed)
	s := scratches.Get().(*scratch)
	defer s.release()
	(&acs3{r, body, signed}).canonical(s)
	r.Header.Set("Authorization", algorithmACS3+" Credential="+cred.AccessKeyID+
		",SignedHeaders="+strings.Join(signed, ";")+",Signature="+hex.EncodeToString(acs3MAC(cred.Secret, s.text)))
}
