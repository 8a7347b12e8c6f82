package diagnose

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ossd/protocol/signature"
)

const (
	region = "cn-hangzhou"
	host   = "photos.oss-cn-hangzhou.aliyuncs.com"
)

var (
	noon    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	domains = &signature.Domains{Service: []string{"oss-cn-hangzhou.aliyuncs.com"}}
	own     = signature.Credentials{AccessKeyID: "LTAIdiagnoseTestKey0001", Secret: "ownSecret+0/00000000000000001"}
	session = signature.Credentials{AccessKeyID: "STS.diagnoseTestSession1", Secret: "sessionSecret000000000000001", SecurityToken: "CAIS+token/with+plus=="}
	other   = signature.Credentials{AccessKeyID: "LTAIdiagnoseOther000001", Secret: "otherSecret00000000000000001"}
)

// draft is a request that somebody signs.
type draft struct {
	scheme   signature.Scheme
	method   string
	host     string
	path     string
	query    string
	header   http.Header
	res      signature.Resource
	cred     signature.Credentials
	region   string
	at       time.Time
	lifetime time.Duration
}

func newDraft(scheme signature.Scheme) *draft {
	return &draft{scheme: scheme, method: "GET", host: host, path: "/dir/a%20cat.jpg", header: http.Header{},
		res: signature.Resource{Bucket: "photos", Key: "dir/a cat.jpg"}, cred: own, region: region, at: noon, lifetime: time.Hour}
}

func inURL(s signature.Scheme) bool { return strings.HasSuffix(string(s), "-url") }

// sign signs the draft; what happens to the request afterwards is the mistake.
func (d *draft) sign(t *testing.T) *signature.Request {
	t.Helper()
	query, err := signature.ParseQuery(d.query)
	if err != nil {
		t.Fatal(err)
	}
	r := &signature.Request{Method: d.method, Host: d.host, Path: d.path, Query: query, Header: d.header.Clone()}
	if inURL(d.scheme) {
		err = signature.Presign(d.scheme, r, d.res, d.cred, d.region, d.at, d.lifetime)
	} else {
		err = signature.SignHeader(d.scheme, r, d.res, d.cred, d.region, d.at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// forge signs r again, with other texts and another key than the right ones, by
// hand: alter gets the string to sign and, of V4, the canonical request.
func forge(t *testing.T, r *signature.Request, res signature.Resource, secret string, alter func(text, request string) (string, string), key func(c *signature.Claim) []byte) {
	t.Helper()
	c, err := signature.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	text, request := c.Canonical(r, res)
	if alter != nil {
		newText, newRequest := alter(text, request)
		if newRequest != request {
			digest := sha256.Sum256([]byte(newRequest))
			lines := strings.Split(newText, "\n")
			lines[3] = hex.EncodeToString(digest[:])
			newText = strings.Join(lines, "\n")
		}
		text = newText
	}
	newHash, encode := sha256.New, base64.StdEncoding.EncodeToString
	k := []byte(secret)
	switch c.Scheme[:2] {
	case "v1":
		newHash = sha1.New
	case "v4":
		encode = hex.EncodeToString
		k = chain("aliyun_v4"+secret, c.Details().Day, c.Region, c.Product, "aliyun_v4_request")
	}
	if key != nil {
		k = key(c)
	}
	setSignature(r, c.Details().Signature, encode(sum(newHash, k, text)))
}

func chain(key string, texts ...string) []byte {
	k := []byte(key)
	for _, text := range texts {
		k = sum(sha256.New, k, text)
	}
	return k
}

func sum(newHash func() hash.Hash, key []byte, text string) []byte {
	h := hmac.New(newHash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func setSignature(r *signature.Request, old, now string) {
	for i := range r.Query {
		if r.Query[i].Value == old {
			r.Query[i].Value = now
		}
	}
	if a := r.Header.Get("Authorization"); a != "" {
		r.Header.Set("Authorization", strings.Replace(a, old, now, 1))
	}
}

func diagnosed(r *signature.Request, now time.Time) *Diagnosis {
	return Diagnose(input(r, now))
}

func input(r *signature.Request, now time.Time) Input {
	return Input{Request: r, Domains: domains, Region: region, Now: now, Secrets: []Secret{
		{other.AccessKeyID, other.Secret}, {own.AccessKeyID, own.Secret}, {session.AccessKeyID, session.Secret},
	}}
}

// Every prepared mistake is called by its name, and nothing that is secret is said.
func TestPreparedMistakes(t *testing.T) {
	named, all := 0, 0
	for _, p := range prepared {
		for _, scheme := range p.schemes {
			t.Run(p.name+" "+string(scheme), func(t *testing.T) {
				all++
				r := p.make(t, newDraft(scheme))
				d := diagnosed(r, noon)
				var ids []string
				for _, c := range d.Causes {
					ids = append(ids, c.ID)
					if !strings.HasSuffix(c.Sentence, ".") {
						t.Errorf("%s: %q is no sentence", c.ID, c.Sentence)
					}
				}
				if got := strings.Join(ids, " "); got != p.want {
					t.Fatalf("causes %q, want %q\nproblem %v\n%q\n%q", got, p.want, d.Problem, d.StringToSign, d.CanonicalRequest)
				}
				named++
				if d.Problem == nil {
					t.Error("there is a cause, but no problem")
				}
				checkSilence(t, r, d)
			})
		}
	}
	t.Logf("%d of %d named right", named, all)
	if all < 20 {
		t.Error("too few mistakes were prepared")
	}
}

// Every mistake that is tried has been prepared: none is there on trust.
func TestEveryMistakeIsPrepared(t *testing.T) {
	wanted := map[string]bool{}
	for _, p := range prepared {
		for id := range strings.FieldsSeq(p.want) {
			wanted[id] = true
		}
	}
	for _, p := range prepared {
		for _, scheme := range p.schemes {
			r := p.make(t, newDraft(scheme))
			c, err := signature.Parse(r)
			if err != nil {
				continue // malformed: nothing is tried
			}
			resources, err := domains.Resolve(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range mistakes(input(r, noon), newSheet(c, r, resources[0])) {
				if !wanted[m.id] {
					t.Errorf("the mistake %s is tried, but not tested", m.id)
					wanted[m.id] = true
				}
			}
		}
	}
}

// A request as long as can be costs no more than others.
func TestLongRequest(t *testing.T) {
	d := newDraft("v4-header")
	for i := range 200 {
		d.header.Set(fmt.Sprintf("X-Oss-Meta-%d", i), strings.Repeat("x", 1000))
	}
	d.cred.Secret = "unknown"
	r := d.sign(t)
	c, err := signature.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(input(r, noon), newSheet(c, r, d.res), own.Secret, c.Details().Signature)
	if causes := s.run(basesOf(c, r, []signature.Resource{d.res})); causes != nil {
		t.Errorf("causes %v", causes)
	}
	if s.work > maxWork+1<<20 {
		t.Errorf("%d bytes were signed", s.work)
	}
}

// checkSilence looks for secrets, and for signatures that the request did not carry.
func checkSilence(t *testing.T, r *signature.Request, d *Diagnosis) {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := []string{own.Secret, session.Secret, other.Secret, session.SecurityToken}
	c, err := signature.Parse(r)
	if err == nil {
		resources, err := domains.Resolve(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, res := range resources {
			for _, secret := range []string{own.Secret, session.Secret, other.Secret} {
				copied := &signature.Request{Method: r.Method, Host: r.Host, Path: r.Path, Query: slices.Clone(r.Query), Header: r.Header.Clone()}
				forge(t, copied, res, secret, nil, nil)
				right, err := signature.Parse(copied)
				if err != nil {
					t.Fatal(err)
				}
				if s := right.Details().Signature; !strings.EqualFold(s, c.Details().Signature) {
					forbidden = append(forbidden, s, strings.ToUpper(s))
				}
			}
		}
	}
	for _, f := range forbidden {
		if strings.Contains(string(text), f) || strings.Contains(fmt.Sprintf("%+v", *d), f) {
			t.Errorf("the diagnosis gives %q away: %s", f, text)
		}
	}
}

// A right request has no cause, whoever signs it, and however.
func TestRightRequests(t *testing.T) {
	for _, scheme := range everyScheme {
		for _, cred := range []signature.Credentials{own, session} {
			for name, change := range map[string]func(*draft){
				"plain":       func(*draft) {},
				"put":         func(d *draft) { d.method = "PUT"; d.header.Set("Content-Type", "text/plain") },
				"parameters":  func(d *draft) { d.query = "response-content-type=text%2Fhtml&versionId=a%2Bb" },
				"service":     func(d *draft) { d.host, d.path, d.res = "oss-cn-hangzhou.aliyuncs.com", "/", signature.Resource{} },
				"bucket":      func(d *draft) { d.path, d.query, d.res = "/", "acl", signature.Resource{Bucket: "photos"} },
				"path style":  func(d *draft) { d.host, d.path = "127.0.0.1:8280", "/photos/dir%2Fa%20cat.jpg" },
				"odd key":     func(d *draft) { d.path, d.res.Key = "/%2B%20%25%0A%E4%BD%A0//..", "+ %\n你//.." },
				"metadata":    func(d *draft) { d.header.Set("X-Oss-Meta-A", "b"); d.header.Set("Content-Md5", emptyMD5) },
				"first draft": func(d *draft) { d.at = noon.Add(-14 * time.Minute) },
			} {
				d := newDraft(scheme)
				d.cred = cred
				change(d)
				r := d.sign(t)
				got := diagnosed(r, noon)
				if !got.Matches || got.Problem != nil || len(got.Causes) > 0 || got.Resource != d.res {
					t.Errorf("%s, %s, %s: %+v", scheme, cred.AccessKeyID, name, got)
				}
				checkSilence(t, r, got)
			}
		}
	}
}

// Without the secret, or with a signature that no mistake explains, nothing is claimed.
func TestNothingToSay(t *testing.T) {
	r := newDraft("v4-url").sign(t)
	in := input(r, noon)
	in.Secrets = in.Secrets[:1]
	if d := Diagnose(in); d.Checked || d.Matches || d.Problem != nil || len(d.Causes) > 0 || d.AccessKeyID != own.AccessKeyID {
		t.Errorf("without the secret: %+v", d)
	}
	d := newDraft("v4-url")
	d.cred.Secret = "nobody knows this secret"
	if got := diagnosed(d.sign(t), noon); !got.Checked || got.Matches || got.Problem == nil || got.Problem.Code != "SignatureDoesNotMatch" || len(got.Causes) > 0 {
		t.Errorf("an unknown secret: %+v", got)
	}
	anonymous := &signature.Request{Method: "GET", Host: host, Path: "/a", Header: http.Header{}}
	if got := diagnosed(anonymous, noon); got.Scheme != "" || got.Problem != nil || got.Resource.Key != "a" {
		t.Errorf("anonymous: %+v", got)
	}
}

// Which of URL and token ends first is told, and when.
func TestEnds(t *testing.T) {
	d := newDraft("v4-url")
	d.cred = session
	in := input(d.sign(t), noon)
	for _, c := range []struct {
		token time.Time
		at    time.Time
		part  string
		cause string
	}{
		{time.Time{}, noon.Add(time.Hour), "url", ""},
		{noon.Add(2 * time.Hour), noon.Add(time.Hour), "url", ""},
		{noon.Add(time.Minute), noon.Add(time.Minute), "token", ""},
		{noon, noon, "token", "token-expired"},
	} {
		in.TokenExpires = c.token
		got := Diagnose(in)
		at, part := got.Ends()
		cause := ""
		for _, found := range got.Causes {
			cause += found.ID
		}
		if !at.Equal(c.at) || part != c.part || cause != c.cause {
			t.Errorf("token until %s: ends %s with the %s, cause %q", c.token, at, part, cause)
		}
	}
}

func BenchmarkDiagnoseUnknown(b *testing.B) {
	r := &signature.Request{Method: "PUT", Host: host, Path: "/dir/a%20cat.jpg", Header: http.Header{"Content-Type": {"text/plain"}}}
	res := signature.Resource{Bucket: "photos", Key: "dir/a cat.jpg"}
	cred := own
	cred.Secret = "unknown"
	if err := signature.Presign("v4-url", r, res, cred, region, noon, time.Hour); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if d := Diagnose(input(r, noon)); d.Matches {
			b.Fatal("it matches")
		}
	}
}
