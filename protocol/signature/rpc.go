package signature

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The two ways of signing in the RPC style.
const (
	RPCV1 Scheme = "rpc-v1"
	ACS3  Scheme = "acs3"
)

// Values of the common parameters of V1. RSA and bearer-token signatures are
// not served.
const (
	rpcMethod  = "HMAC-SHA1"
	rpcVersion = "1.0"
	rpcTime    = "2006-01-02T15:04:05Z"
)

// RPCClaim is what an RPC request says about its signer, before proof.
type RPCClaim struct {
	Scheme        Scheme // RPCV1 or ACS3
	AccessKeyID   string
	SecurityToken string // "" for permanent keys
	Nonce         string // must be new for the access key; record it only after Verify
	Timestamp     time.Time

	signature string

	method string     // V1
	params url.Values // V1
	acs3   *acs3      // ACS3
}

// ParseRPC reads V1, the credentials among the parameters of an RPC request: those
// of query and form, merged. The claim keeps params, which must not change until
// Verify. The error is an *RPCError.
//
// A name with several values is refused: which of them a client signed, and
// which an action reads, must never be a question.
func ParseRPC(method string, params url.Values) (*RPCClaim, error) {
	for _, name := range []string{"AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"} {
		if params.Get(name) == "" {
			return nil, rpcMissing(name)
		}
	}
	for name, values := range params {
		if len(values) != 1 {
			return nil, rpcInvalid(name)
		}
	}
	switch {
	case params.Get("SignatureMethod") != rpcMethod:
		return nil, rpcSignatureMethod()
	case params.Get("SignatureVersion") != rpcVersion:
		return nil, rpcInvalid("SignatureVersion")
	case params.Get("SignatureType") != "":
		return nil, rpcInvalid("SignatureType")
	}
	timestamp, err := rpcTimestamp(params.Get("Timestamp"))
	if err != nil {
		return nil, err
	}
	return &RPCClaim{
		Scheme:        RPCV1,
		AccessKeyID:   params.Get("AccessKeyId"),
		SecurityToken: params.Get("SecurityToken"),
		Nonce:         params.Get("SignatureNonce"),
		Timestamp:     timestamp,
		method:        method,
		params:        params,
		signature:     params.Get("Signature"),
	}, nil
}

// rpcTimestamp admits fractions of a second: ali-oss sends milliseconds.
func rpcTimestamp(text string) (time.Time, error) {
	timestamp, err := time.Parse(rpcTime, text)
	if err != nil {
		return time.Time{}, &RPCError{"InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.", 400}
	}
	return timestamp, nil
}

// CheckTime refuses what was signed more than 15 minutes ago, or ahead.
func (c *RPCClaim) CheckTime(now time.Time) error {
	if age := now.Sub(c.Timestamp); age <= maxSkew && age >= -maxSkew {
		return nil
	}
	return &RPCError{"InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", 400}
}

// Verify proves that whoever made the request knows the secret. The error is an
// *RPCError that holds the string to sign, of ACS3 the canonical request too, in
// the words that the Go and Java SDKs look for; the Python SDK needs a colon in
// it. Do not log it: it repeats every parameter, the security token included.
func (c *RPCClaim) Verify(secret string) error {
	if c.Scheme == ACS3 {
		return c.verifyACS3(secret)
	}
	text := rpcStringToSign(c.method, c.params)
	want := rpcMAC(secret, text)
	if len(c.signature) == base64.StdEncoding.EncodedLen(sha1.Size) {
		got, err := base64.StdEncoding.Strict().DecodeString(c.signature)
		if err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return &RPCError{
		Code:    "SignatureDoesNotMatch",
		Message: "Specified signature is not matched with our calculation. server string to sign is:" + text,
		Status:  400,
	}
}

// SignRPC adds the common parameters of a signature, and the signature, to
// params, which must have Action and Version. Format becomes JSON unless it is
// set. nonce must be new for every request.
func SignRPC(method string, params url.Values, cred Credentials, now time.Time, nonce string) {
	params.Del("SecurityToken")
	if cred.SecurityToken != "" {
		params.Set("SecurityToken", cred.SecurityToken)
	}
	if params.Get("Format") == "" {
		params.Set("Format", "JSON")
	}
	params.Set("AccessKeyId", cred.AccessKeyID)
	params.Set("SignatureMethod", rpcMethod)
	params.Set("SignatureVersion", rpcVersion)
	params.Set("SignatureNonce", nonce)
	params.Set("Timestamp", now.UTC().Format(rpcTime))
	mac := rpcMAC(cred.Secret, rpcStringToSign(method, params))
	params.Set("Signature", base64.StdEncoding.EncodeToString(mac))
}

// rpcMAC appends the "&" that RPC keys end with, unlike those of OSS.
func rpcMAC(secret, text string) []byte {
	h := hmac.New(sha1.New, []byte(secret+"&"))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// rpcStringToSign is METHOD & %2F & escaped canonical query, where the query is
// every parameter but Signature, escaped and sorted by name, empty ones with '='.
func rpcStringToSign(method string, params url.Values) string {
	type pair struct{ name, value string }
	pairs := make([]pair, 0, len(params))
	for name, values := range params {
		if name != "Signature" {
			pairs = append(pairs, pair{name, strings.Join(values, "")})
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Compare(x.name, y.name) })
	var query []byte
	for i, p := range pairs {
		if i > 0 {
			query = append(query, '&')
		}
		query = appendEscaped(query, p.name, false)
		query = append(query, '=')
		query = appendEscaped(query, p.value, false)
	}
	return string(appendEscaped([]byte(method+"&%2F&"), string(query), false))
}
