package signature

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// vector is one captured or derived request. Members that only describe it are left out.
type vector struct {
	Name             string
	Scheme           Scheme
	Method           string
	URL              string
	Headers          map[string]string
	AccessKeyID      string `json:"access_key_id"`
	AccessKeySecret  string `json:"access_key_secret"`
	SecurityToken    string `json:"security_token"`
	Region           string
	ServerRegion     string `json:"server_region"`
	Bucket, Key      string
	Now              time.Time
	StringToSign     string `json:"string_to_sign"`
	CanonicalRequest string `json:"canonical_request"`
	TokenExpired     bool   `json:"token_expired"`
	Expect           expectation
}

// expectation is "accept" or an object.
type expectation struct{ Result, Code, EC string }

func (e *expectation) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &e.Result)
	}
	type object expectation
	return json.Unmarshal(data, (*object)(e))
}

func loadVectors(t testing.TB, file string) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return vectors
}

// vectorDomains is the server that the vectors were made for.
var vectorDomains = &Domains{
	Service: []string{"oss-cn-hangzhou.aliyuncs.com"},
	CNAMEs:  map[string]string{"static.example.com": "examplebucket"},
}

func (v *vector) request(t testing.TB) *Request {
	t.Helper()
	header := http.Header{}
	host := ""
	for name, value := range v.Headers {
		if strings.EqualFold(name, "Host") {
			host = value
			continue
		}
		header.Add(name, value)
	}
	_, rest, _ := strings.Cut(v.URL, "://")
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		rest, slash = rest+"/", len(rest)
	}
	if host == "" {
		host = rest[:slash]
	}
	r, err := NewRequest(v.Method, host, rest[slash:], header)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keyring is the key table of a test.
type keyring struct {
	secrets map[string]string
	tokens  map[string]string // of temporary keys
	expired bool              // the tokens are past their end
}

// vectorToken is the token of the temporary key of all vectors.
const vectorToken = "CAISexample+Security/Token==with+plus/and=equals"

func (v *vector) keyring() *keyring {
	k := &keyring{secrets: map[string]string{v.AccessKeyID: v.AccessKeySecret}, expired: v.TokenExpired}
	if strings.HasPrefix(v.AccessKeyID, "STS.") {
		k.tokens = map[string]string{v.AccessKeyID: vectorToken}
	}
	return k
}

// secretOf looks the key of a claim up. It lets a token beside a permanent key
// pass, since the captures of the C SDK have one.
func (k *keyring) secretOf(c *Claim, now time.Time) (string, error) {
	secret, ok := k.secrets[c.AccessKeyID]
	if !ok {
		return "", UnknownKey(c.AccessKeyID)
	}
	if want, temporary := k.tokens[c.AccessKeyID]; temporary {
		switch {
		case c.SecurityToken == "":
			return "", TokenMissing(c.AccessKeyID)
		case c.SecurityToken != want:
			return "", TokenInvalid()
		case k.expired:
			return "", TokenExpired(now.Add(-time.Second), now)
		}
	}
	return secret, nil
}

var errAnonymous = errors.New("the request carries no credentials")

// authenticate does what a server does, in its order.
func authenticate(d *Domains, r *Request, k *keyring, keys *KeyCache, region string, now time.Time) (Resource, error) {
	candidates, err := d.Resolve(r)
	if err != nil {
		return Resource{}, err
	}
	c, err := Parse(r)
	if err != nil {
		return Resource{}, err
	}
	if c == nil {
		return Resource{}, errAnonymous
	}
	if err := c.CheckScope(region); err != nil {
		return Resource{}, err
	}
	if err := c.CheckTime(now); err != nil {
		return Resource{}, err
	}
	secret, err := k.secretOf(c, now)
	if err != nil {
		return Resource{}, err
	}
	return c.Verify(r, secret, candidates, keys)
}

func TestAcceptedVectors(t *testing.T) {
	keys := NewKeyCache(64)
	for _, file := range []string{"oss-v1-header", "oss-v1-url", "oss-v2-header", "oss-v2-url", "oss-v4-header", "oss-v4-url", "oss-tolerances"} {
		for _, v := range loadVectors(t, file) {
			t.Run(v.Name, func(t *testing.T) {
				r := v.request(t)
				checkCanonical(t, &v, r)
				for range 2 { // the second time from the cache
					res, err := authenticate(vectorDomains, r, v.keyring(), keys, v.Region, v.Now)
					if err != nil {
						t.Fatal(describe(err))
					}
					if want := (Resource{Bucket: v.Bucket, Key: v.Key}); res != want {
						t.Errorf("resource %+v, want %+v", res, want)
					}
				}
			})
		}
	}
}

// checkCanonical compares the canonical forms, so that a failure shows the line.
func checkCanonical(t *testing.T, v *vector, r *Request) {
	t.Helper()
	c, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil || c.Scheme != v.Scheme {
		t.Fatalf("scheme %+v, want %s", c, v.Scheme)
	}
	candidates, err := vectorDomains.Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	rules := schemeNamed(c.Scheme)
	res, f, ok := c.match(s, r, newMACKey(rules.newHash, rules.deriveKey(c, v.AccessKeySecret)), candidates)
	if !ok {
		res, f = candidates[0], strict
	}
	rules.canonical(s, c, r, res, f)
	diffLines(t, "canonical request", string(s.request), v.CanonicalRequest)
	if v.CanonicalRequest == "" || string(s.request) == v.CanonicalRequest {
		diffLines(t, "string to sign", string(s.text), v.StringToSign)
	}
}

func diffLines(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(no such line)"
		}
		if line(g) != line(w) {
			t.Errorf("%s, line %d:\n got %q\nwant %q", what, i+1, line(g), line(w))
		}
	}
}

func describe(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	return e.Error() + " (" + e.EC + ")"
}

func TestNegativeVectors(t *testing.T) {
	for _, v := range loadVectors(t, "oss-negative") {
		t.Run(v.Name, func(t *testing.T) {
			region := v.Region
			if v.ServerRegion != "" {
				region = v.ServerRegion
			}
			_, err := authenticate(vectorDomains, v.request(t), v.keyring(), NewKeyCache(8), region, v.Now)
			if v.Expect.Result == "accept" {
				if err != nil {
					t.Fatal(describe(err))
				}
				return
			}
			wantError(t, err, v.Expect.Code, v.Expect.EC)
		})
	}
}

// wantError fails unless err is an *Error with that code, and EC unless ec is "".
func wantError(t *testing.T, err error, code, ec string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %s", err, code)
	}
	if e.Code != code || ec != "" && e.EC != ec {
		t.Errorf("error %s, want %s (%s)", describe(e), code, ec)
	}
	return e
}
