package idtoken

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"

	jose "github.com/go-jose/go-jose/v4"
)

// keySet answers the library's question for one token. The library's own remote
// key set is not used: it believes a key for ever, and asks the issuer again
// for every token with a wrong signature.
type keySet struct {
	source  *source
	refusal *Error // why the last answer was no
}

var signatureAlgorithms = func() (list []jose.SignatureAlgorithm) {
	for _, a := range algorithms {
		list = append(list, jose.SignatureAlgorithm(a))
	}
	return list
}()

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	fail := func(e *Error) ([]byte, error) { k.refusal = e; return nil, e }
	jws, err := jose.ParseSignedCompact(token, signatureAlgorithms)
	if err != nil {
		return fail(&Error{Reason: Malformed, Detail: "not JSON", Err: err})
	}
	for _, refresh := range []bool{false, true} {
		keys, err := k.source.current(ctx, refresh)
		if refusal := (*Error)(nil); errors.As(err, &refusal) {
			return fail(refusal)
		}
		payload, found := verify(jws, keys)
		if payload != nil {
			return payload, nil
		}
		if found { // the issuer has the key, and did not sign this
			break
		}
	}
	return fail(&Error{Reason: BadSignature})
}

// verify returns what was signed, nil if no key fits. found tells whether the
// key that the token names is there. A token that names none may be signed by
// any, of which there are few.
func verify(jws *jose.JSONWebSignature, keys []jose.JSONWebKey) (payload []byte, found bool) {
	header := jws.Signatures[0].Header
	for i := range keys {
		key := &keys[i]
		if header.KeyID != "" && key.KeyID != header.KeyID {
			continue
		}
		found = true
		if key.Algorithm != "" && key.Algorithm != header.Algorithm || !suits(key.Key, header.Algorithm) {
			continue
		}
		if payload, err := jws.Verify(key); err == nil {
			return payload, true
		}
	}
	// Without a name, a key that came since may be the one.
	return nil, found && header.KeyID != ""
}

// curves are those that an algorithm is defined for (RFC 7518, section 3.4).
var curves = map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}

// suits tells whether an algorithm may be used with a key.
func suits(key any, algorithm string) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return algorithm[0] == 'R' || algorithm[0] == 'P'
	case *ecdsa.PublicKey:
		return k.Curve == curves[algorithm]
	}
	return false
}

const (
	maxKeys    = 64
	minRSABits = 2048
	maxRSABits = 8192 // what a signature costs grows with it
)

// parseKeys reads a key set. What it holds besides keys for our algorithms, such
// as keys for encryption or of kinds that are to come, is passed over.
func parseKeys(text []byte) (keys []jose.JSONWebKey, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("the key set has too many keys")
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || !key.Valid() || key.Use != "" && key.Use != "sig" {
			continue
		}
		switch k := key.Key.(type) {
		case *rsa.PublicKey:
			if n := k.N.BitLen(); n < minRSABits || n > maxRSABits {
				continue
			}
		case *ecdsa.PublicKey:
		default: // also private keys, which are nobody's any more
			continue
		}
		// Certificates that come along prove nothing here.
		keys = append(keys, jose.JSONWebKey{Key: key.Key, KeyID: key.KeyID, Algorithm: key.Algorithm})
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no key that can be used")
	}
	return keys, nil
}
