package idtoken

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"ossd/internal/idtoken/idtokentest"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

// world is a verifier with a clock, and an issuer that it may ask.
type world struct {
	*Verifier
	issuer *idtokentest.Issuer
	t      *testing.T
	time   time.Time
}

func newWorld(t *testing.T) *world { return worldOf(t, idtokentest.New(t), nil) }

func worldOf(t *testing.T, issuer *idtokentest.Issuer, roots *x509.CertPool) *world {
	t.Helper()
	w := &world{issuer: issuer, t: t, time: noon}
	var err error
	w.Verifier, err = New(Config{Local: []string{issuer.URL}, Roots: roots, Now: func() time.Time { return w.time }})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) want() Expected {
	return Expected{Tenant: "1", Issuer: w.issuer.URL, Audiences: []string{"app", "web"}, MaxAge: 12 * time.Hour}
}

func (w *world) claims() map[string]any { return w.issuer.Claims("app", "joe", w.time) }

func (w *world) with(name string, value any) map[string]any {
	c := w.claims()
	c[name] = value
	if value == nil {
		delete(c, name)
	}
	return c
}

func (w *world) refused(name, token string, reason Reason) {
	w.t.Helper()
	c, err := w.Verify(w.t.Context(), w.want(), token)
	refusal := (*Error)(nil)
	if !errors.As(err, &refusal) || refusal.Reason != reason {
		w.t.Errorf("%s: got %+v, %v, want: %s", name, c, err, reasons[reason])
	}
}

func (w *world) good(name, token string) Claims {
	w.t.Helper()
	c, err := w.Verify(w.t.Context(), w.want(), token)
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
	}
	return c
}

func TestGoodToken(t *testing.T) {
	w := newWorld(t)
	c := w.good("plain", w.issuer.Token(w.claims()))
	if c.Subject != "joe" || c.ClientID != "app" || c.Issuer != w.issuer.URL || !c.IssuedAt.Equal(noon) || !c.Expiry.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", c)
	}
	c = w.good("several audiences", w.issuer.Token(w.with("aud", []string{"other", "web"})))
	if c.ClientID != "web" || len(c.Audience) != 2 {
		t.Errorf("%+v", c)
	}
	w.good("fraction of a second", w.issuer.Token(w.with("iat", float64(noon.Unix())-0.5)))
	w.good("without a key id", idtokentest.Sign(t, jose.RS256, w.issuer.Key, "", w.claims()))
	w.good("PS256", idtokentest.Sign(t, jose.PS256, w.issuer.Key, idtokentest.KeyID, w.claims()))
	w.good("a clock that is ahead", w.issuer.Token(w.with("iat", noon.Add(leeway).Unix())))
	w.good("hardly over", w.issuer.Token(w.with("exp", noon.Add(-leeway+time.Second).Unix())))
	if n := w.issuer.Asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

func TestEllipticCurves(t *testing.T) {
	w := newWorld(t)
	for algorithm, curve := range map[jose.SignatureAlgorithm]elliptic.Curve{jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()} {
		key := idtokentest.NewECKey(t, curve)
		w.issuer.SetKeys(jose.JSONWebKey{Key: key.Public(), KeyID: "ec"})
		w.time = w.time.Add(keysAge)
		w.good(string(algorithm), idtokentest.Sign(t, algorithm, key, "ec", w.claims()))
	}
}

// Each is a way in which somebody may try to be somebody else.
func TestAttacks(t *testing.T) {
	w := newWorld(t)
	good := w.issuer.Token(w.claims())
	w.good("to begin with", good)
	parts := strings.Split(good, ".")
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(w.issuer.Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	header := func(alg string) map[string]any { return map[string]any{"alg": alg, "kid": idtokentest.KeyID} }
	sign := func(claims map[string]any) string { return w.issuer.Token(claims) }

	for name, c := range map[string]struct {
		token  string
		reason Reason
	}{
		"empty":                         {"", Malformed},
		"two parts":                     {parts[0] + "." + parts[1], Malformed},
		"five parts, as when encrypted": {good + ".a.b", Malformed},
		"JSON form":                     {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, Malformed},
		"not base64":                    {parts[0] + ".!." + parts[2], Malformed},
		"padded base64":                 {parts[0] + "=." + parts[1] + "." + parts[2], Malformed},
		"not JSON":                      {parts[0] + ".aGVsbG8." + parts[2], Malformed},
		"oversized":                     {sign(w.with("pad", strings.Repeat("x", MaxToken))), Malformed},
		"truncated signature":           {good[:len(good)-8], BadSignature},
		"no signature":                  {parts[0] + "." + parts[1] + ".", BadSignature},
		"another's signature":           {parts[0] + "." + parts[1] + "." + strings.Split(sign(w.with("sub", "jim")), ".")[2], BadSignature},
		"other claims":                  {parts[0] + "." + strings.Split(sign(w.with("sub", "jim")), ".")[1] + "." + parts[2], BadSignature},

		"alg none":                    {idtokentest.Raw(t, header("none"), w.claims(), nil), Algorithm},
		"alg None":                    {idtokentest.Raw(t, header("None"), w.claims(), nil), Algorithm},
		"no alg":                      {idtokentest.Raw(t, map[string]any{}, w.claims(), []byte("x")), Algorithm},
		"alg none with a signature":   {idtokentest.Raw(t, header("none"), w.claims(), []byte("x")), Algorithm},
		"HS256 with the public key":   {idtokentest.Sign(t, jose.HS256, public, idtokentest.KeyID, w.claims()), Algorithm},
		"HS256 with the modulus":      {idtokentest.Sign(t, jose.HS256, w.issuer.Key.N.Bytes(), idtokentest.KeyID, w.claims()), Algorithm},
		"ES256 where the key is RSA":  {idtokentest.Sign(t, jose.ES256, idtokentest.NewECKey(t, elliptic.P256()), idtokentest.KeyID, w.claims()), BadSignature},
		"RS256 by somebody else":      {idtokentest.Sign(t, jose.RS256, stranger, idtokentest.KeyID, w.claims()), BadSignature},
		"unknown key id":              {idtokentest.Sign(t, jose.RS256, stranger, "second", w.claims()), BadSignature},
		"no key id, by somebody else": {idtokentest.Sign(t, jose.RS256, stranger, "", w.claims()), BadSignature},
		"its own key in the header":   {idtokentest.Raw(t, map[string]any{"alg": "RS256", "jwk": jose.JSONWebKey{Key: stranger.Public()}}, w.claims(), []byte("x")), BadSignature},
		"critical header":             {idtokentest.Raw(t, map[string]any{"alg": "RS256", "kid": idtokentest.KeyID, "crit": []string{"x"}, "x": 1}, w.claims(), []byte("x")), BadSignature},

		"wrong issuer":               {sign(w.with("iss", "https://evil.example")), WrongIssuer},
		"issuer with a slash":        {sign(w.with("iss", w.issuer.URL+"/")), WrongIssuer},
		"no issuer":                  {sign(w.with("iss", nil)), WrongIssuer},
		"wrong audience":             {sign(w.with("aud", "other")), WrongAudience},
		"audience in another case":   {sign(w.with("aud", "APP")), WrongAudience},
		"no audience":                {sign(w.with("aud", nil)), WrongAudience},
		"empty audience":             {sign(w.with("aud", []string{})), WrongAudience},
		"audience of another type":   {sign(w.with("aud", 7)), Malformed},
		"two of our audiences":       {sign(w.with("aud", []string{"app", "web"})), WrongAudience},
		"expired":                    {sign(w.with("exp", noon.Add(-leeway).Unix())), Expired},
		"no expiry":                  {sign(w.with("exp", nil)), Malformed},
		"expiry beyond all time":     {sign(w.with("exp", 1e300)), Malformed},
		"expiry as text":             {sign(w.with("exp", "2099-01-01")), Malformed},
		"issued too long ago":        {sign(w.with("iat", noon.Add(-12*time.Hour-2*leeway).Unix())), Expired},
		"no instant of issue":        {sign(w.with("iat", nil)), Malformed},
		"from the future":            {sign(w.with("iat", noon.Add(leeway+2*time.Second).Unix())), NotYet},
		"not before the future":      {sign(w.with("nbf", noon.Add(leeway+2*time.Second).Unix())), NotYet},
		"not before beyond all time": {sign(w.with("nbf", -1)), NotYet},
		"no subject":                 {sign(w.with("sub", nil)), Malformed},
		"subject without end":        {sign(w.with("sub", strings.Repeat("x", 256))), Malformed},
	} {
		w.refused(name, c.token, c.reason)
	}
	// With all those unknown keys the issuer was asked no more often than it is fair.
	if n := w.issuer.Asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times", n)
	}
	w.good("in the end", good)
}

// Nobody who is not expected makes us ask anybody.
func TestNothingIsAskedForHopelessTokens(t *testing.T) {
	w := newWorld(t)
	w.refused("audience", w.issuer.Token(w.with("aud", "other")), WrongAudience)
	w.refused("issuer", w.issuer.Token(w.with("iss", "https://evil.example")), WrongIssuer)
	w.refused("expired", w.issuer.Token(w.with("exp", 1)), Expired)
	w.refused("none", idtokentest.Raw(t, map[string]any{"alg": "none"}, w.claims(), nil), Algorithm)
	if n := w.issuer.Answered.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
	want := w.want()
	want.Audiences = nil
	if _, err := w.Verify(t.Context(), want, w.issuer.Token(w.claims())); err == nil {
		t.Error("a provider without clients takes tokens")
	}
}

func TestKeysAreChangedAndWithdrawn(t *testing.T) {
	w := newWorld(t)
	old := w.issuer.Token(w.claims())
	w.good("old key", old)
	next := idtokentest.NewECKey(t, elliptic.P256())
	w.issuer.SetKeys(jose.JSONWebKey{Key: next.Public(), KeyID: "next", Algorithm: "ES256"})
	token := idtokentest.Sign(t, jose.ES256, next, "next", w.claims())
	w.refused("too early to ask again", token, BadSignature)
	w.time = w.time.Add(refreshAge)
	w.good("new key", token)
	w.refused("withdrawn key", old, BadSignature)
	if n := w.issuer.Asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times", n)
	}

	// A withdrawn key is not believed for ever even if nobody brings another.
	w.issuer.SetKeys(jose.JSONWebKey{Key: w.issuer.Key.Public(), KeyID: idtokentest.KeyID})
	w.time = w.time.Add(keysAge)
	w.refused("withdrawn", token, BadSignature)
	w.good("back again", old)
}

// What a key set may hold besides good keys.
func TestUnfitKeys(t *testing.T) {
	w := newWorld(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ed, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.issuer.SetKeys(
		jose.JSONWebKey{Key: small.Public(), KeyID: "small"},
		jose.JSONWebKey{Key: ed, KeyID: "ed"},
		jose.JSONWebKey{Key: []byte("a shared secret of 32 bytes, or so"), KeyID: "shared"},
		jose.JSONWebKey{Key: w.issuer.Key.Public(), KeyID: "encryption", Use: "enc"},
		jose.JSONWebKey{Key: w.issuer.Key, KeyID: "private"},
		jose.JSONWebKey{Key: w.issuer.Key.Public(), KeyID: "ps only", Algorithm: "PS256"},
	)
	for _, id := range []string{"encryption", "private", "ps only"} {
		w.refused(id, idtokentest.Sign(t, jose.RS256, w.issuer.Key, id, w.claims()), BadSignature)
	}
	w.refused("small", idtokentest.Sign(t, jose.RS256, small, "small", w.claims()), BadSignature)
	w.refused("EdDSA", idtokentest.Sign(t, jose.EdDSA, edPrivate, "ed", w.claims()), Algorithm)
	w.good("the one that is left", idtokentest.Sign(t, jose.PS256, w.issuer.Key, "ps only", w.claims()))
}

func TestTLS(t *testing.T) {
	issuer := idtokentest.NewTLS(t)
	certificate := issuer.Server.Certificate()
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	sum := sha1.Sum(certificate.Raw)
	fingerprint := hex.EncodeToString(sum[:])
	for name, c := range map[string]struct {
		roots        *x509.CertPool
		fingerprints []string
		reason       Reason // 0: good
	}{
		"trusted":                        {roots, nil, 0},
		"trusted and pinned":             {roots, []string{strings.Repeat("0", 40), strings.ToUpper(fingerprint)}, 0},
		"trusted, another is pinned":     {roots, []string{strings.Repeat("0", 40)}, BadCertificate},
		"not trusted":                    {x509.NewCertPool(), nil, BadCertificate},
		"not trusted, although pinned":   {x509.NewCertPool(), []string{fingerprint}, BadCertificate},
		"not trusted by the system's CA": {nil, nil, BadCertificate},
	} {
		w := worldOf(t, issuer, c.roots)
		want := w.want()
		want.Fingerprints = c.fingerprints
		_, err := w.Verify(t.Context(), want, issuer.Token(w.claims()))
		refusal := (*Error)(nil)
		if c.reason == 0 && err != nil || c.reason != 0 && (!errors.As(err, &refusal) || refusal.Reason != c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	want := w.want()
	want.Fingerprints = []string{fingerprint}
	if _, err := w.Verify(t.Context(), want, w.issuer.Token(w.claims())); err == nil {
		t.Error("a fingerprint is ignored where there is no TLS")
	}
}

func TestLocalIssuers(t *testing.T) {
	for issuer, ok := range map[string]bool{
		"http://127.0.0.1:9000": true, "http://localhost:9000/realm": true, "http://[::1]:9000": true, "https://idp.internal": true, "https://10.1.2.3:8443": true,
		"http://idp.internal": false, "http://10.1.2.3": false, "ftp://127.0.0.1": false, "127.0.0.1:9000": false, "": false,
		"http://127.0.0.1:9000?a": false, "http://joe@127.0.0.1": false, "http://localhost.evil.example": false,
	} {
		_, err := New(Config{Local: []string{issuer}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "172.32.0.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.100.100.200": false, "fe80::1": false, "fd00::1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "fe80::1%eth0": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// An issuer that nobody vouched for cannot make us speak to this machine, by
// whatever name or on whatever way.
func TestPrivateAddressesAreNotAsked(t *testing.T) {
	inside := idtokentest.NewTLS(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(inside.URL, "https://"), ":")
	w := newWorld(t)
	for _, issuer := range []string{inside.URL, "https://localhost:" + port, "http://127.0.0.1:" + port, "http://idp.example.com", w.issuer.URL + "/"} {
		want := w.want()
		want.Issuer = issuer
		claims := w.with("iss", issuer)
		_, err := w.Verify(t.Context(), want, w.issuer.Token(claims))
		refusal := (*Error)(nil)
		if !errors.As(err, &refusal) || refusal.Reason != Unavailable || !errors.Is(err, errPrivate) && !errors.Is(err, errScheme) {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	// Nor can one that was vouched for send us elsewhere.
	for name, elsewhere := range map[string]http.HandlerFunc{
		"key set": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":%q}`, w.issuer.URL, inside.URL+idtokentest.Keys)
		},
		"key set, plain": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":"http://example.com/keys"}`, w.issuer.URL)
		},
		"key set, file": func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":"file:///etc/passwd"}`, w.issuer.URL)
		},
		"redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, inside.URL+r.URL.Path, http.StatusFound)
		},
		"redirect to itself": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, r.URL.Path, http.StatusFound)
		},
	} {
		w.issuer.Serve(idtokentest.Discovery, elsewhere)
		w.time = w.time.Add(keysAge)
		w.refused(name, w.issuer.Token(w.claims()), Unavailable)
	}
	if n := inside.Answered.Load(); n != 0 {
		t.Errorf("%d requests went inside", n)
	}
}
