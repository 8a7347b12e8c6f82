// Package idtokentest is a small OpenID Connect issuer on loopback, for tests: a
// key, a discovery document, a key set, and tokens as good or as bad as a test wants.
package idtokentest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// KeyID is the name of the issuer's first key.
const KeyID = "first"

// Issuer is a running issuer. It ends with the test.
type Issuer struct {
	URL      string
	Key      *rsa.PrivateKey
	Server   *httptest.Server
	Asked    atomic.Int64 // how often for its keys
	Answered atomic.Int64 // requests of any kind

	t     testing.TB
	mu    sync.Mutex
	keys  jose.JSONWebKeySet
	serve map[string]http.HandlerFunc
}

// Paths of what an issuer serves.
const (
	Discovery = "/.well-known/openid-configuration"
	Keys      = "/keys"
)

// New starts an issuer without TLS.
func New(t testing.TB) *Issuer { return start(t, httptest.NewServer) }

// NewTLS starts an issuer with the certificate of package httptest.
func NewTLS(t testing.TB) *Issuer { return start(t, httptest.NewTLSServer) }

var makeKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func start(t testing.TB, serve func(http.Handler) *httptest.Server) *Issuer {
	t.Helper()
	key, err := makeKey()
	if err != nil {
		t.Fatal(err)
	}
	i := &Issuer{t: t, Key: key, serve: map[string]http.HandlerFunc{}}
	i.keys.Keys = []jose.JSONWebKey{{Key: key.Public(), KeyID: KeyID, Use: "sig"}}
	i.Server = serve(http.HandlerFunc(i.handle))
	t.Cleanup(i.Server.Close)
	i.URL = i.Server.URL
	return i
}

// Serve has a path served in another way; nil: as at first.
func (i *Issuer) Serve(path string, f http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve[path] = f
}

// SetKeys replaces the published keys.
func (i *Issuer) SetKeys(keys ...jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys.Keys = keys
}

func (i *Issuer) handle(w http.ResponseWriter, r *http.Request) {
	i.Answered.Add(1)
	if r.URL.Path == Keys {
		i.Asked.Add(1)
	}
	i.mu.Lock()
	f, keys := i.serve[r.URL.Path], i.keys
	i.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case f != nil:
		f(w, r)
	case r.URL.Path == Discovery:
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + Keys, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	case r.URL.Path == Keys:
		json.NewEncoder(w).Encode(keys)
	default:
		http.NotFound(w, r)
	}
}

// Claims are those of a good token for a client, issued at now.
func (i *Issuer) Claims(client, subject string, now time.Time) map[string]any {
	return map[string]any{
		"iss": i.URL, "sub": subject, "aud": client, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// Token is a token with these claims, signed with the issuer's key.
func (i *Issuer) Token(claims map[string]any) string {
	return Sign(i.t, jose.RS256, i.Key, KeyID, claims)
}

// Sign makes a token with any key.
func Sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, keyID string, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if keyID != "" {
		options.WithHeader("kid", keyID)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Raw puts a token together from a header, claims and a signature as they are.
func Raw(t testing.TB, header, claims any, signature []byte) string {
	t.Helper()
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(header) + "." + part(claims) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// NewECKey makes a key for ES256, ES384 or ES512.
func NewECKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
