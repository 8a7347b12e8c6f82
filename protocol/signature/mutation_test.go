package signature

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// sample is a valid request as text, all of which the signature covers but for
// what HTTP needs around it.
type sample struct {
	name, text string
	unsigned   string // a part of text that is left alone

	// serve authenticates a text and says what it means: all that an operation
	// or an action could read from it.
	serve func(text string) (meaning []string, err error)
}

// mutants are all texts that differ from a text in one byte: a bit of it
// flipped, the byte dropped, or doubled.
func mutants(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := range len(text) {
			for bit := range 8 {
				if !yield(i, text[:i]+string([]byte{text[i] ^ 1<<bit})+text[i+1:]) {
					return
				}
			}
			if !yield(i, text[:i]+text[i+1:]) || !yield(i, text[:i+1]+text[i:]) {
				return
			}
		}
	}
}

// TestMutants: of all mutants, in every scheme, only those are accepted that
// spell the very same request in another way.
func TestMutants(t *testing.T) {
	var total, spellings atomic.Int64
	t.Run("of", func(t *testing.T) {
		for _, s := range slices.Concat(headSamples(t), formSamples(t), rpcSamples(t)) {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				want, err := s.serve(s.text)
				if err != nil {
					t.Fatalf("unchanged: %s", describe(err))
				}
				count, accepted := 0, 0
				skip := strings.Index(s.text, s.unsigned)
				for i, text := range mutants(s.text) {
					if i >= skip && i < skip+len(s.unsigned) {
						continue
					}
					count++
					got, err := s.serve(text)
					if err != nil {
						continue
					}
					accepted++
					if !slices.Equal(got, want) {
						t.Fatalf("byte %d: accepted, and means something else:\n%s\n got %q\nwant %q", i, text, got, want)
					}
				}
				if accepted == 0 || accepted > count/5 {
					t.Errorf("%d of %d mutants are other spellings, which is hard to believe", accepted, count)
				}
				total.Add(int64(count))
				spellings.Add(int64(accepted))
			})
		}
	})
	t.Logf("%d mutants, of which %d are other spellings of their request", total.Load(), spellings.Load())
	if total.Load() < 100_000 {
		t.Errorf("%d mutants are not enough", total.Load())
	}
}

// headSamples are requests signed in their header or URL, as HTTP/1.1.
func headSamples(t *testing.T) (samples []sample) {
	for _, scheme := range allSchemes {
		for _, cred := range []Credentials{permanent, temporary} {
			for _, host := range []string{"examplebucket.oss-cn-hangzhou.aliyuncs.com", "static.example.com", "127.0.0.1:9000"} {
				r := &Request{Method: "PUT", Host: host, Path: "/" + EncodePath("dir/a b+目~%2F//c.txt"), Header: http.Header{}}
				if host == "127.0.0.1:9000" {
					r.Path = "/examplebucket" + r.Path
				}
				r.Query = Query{{Name: "x-oss-process", Value: "a&b=c"}, {Name: "versionId", Value: ""}, {Name: "acl", Bare: true}}
				r.Header.Set("Content-Type", "text/plain")
				r.Header.Set("X-Oss-Meta-Author", "alice")
				c := &Claim{Scheme: scheme, AccessKeyID: cred.AccessKeyID, SecurityToken: cred.SecurityToken}
				if scheme.Version() != "v1" {
					r.Header.Set("Range", "bytes=0-9")
					c.additional = []string{"host", "range"}
				}
				signClaim(t, r, c, cred.Secret)
				s := sample{
					name:  fmt.Sprintf("%s %s %s", scheme, cred.AccessKeyID[:3], host),
					text:  headText(t, r),
					serve: headServer(),
				}
				if scheme.Version() == "v1" && host == "127.0.0.1:9000" {
					s.unsigned = "Host: " + host // V1 does not cover the address of a server
				}
				samples = append(samples, s)
			}
		}
	}
	return samples
}

// signClaim signs r for the resource of all samples.
func signClaim(t *testing.T, r *Request, c *Claim, secret string) {
	t.Helper()
	rules := schemeNamed(c.Scheme)
	if err := rules.prepare(r, c, testRegion, testNow, time.Hour); err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	rules.canonical(s, c, r, Resource{Bucket: "examplebucket", Key: "dir/a b+目~%2F//c.txt"}, strict)
	key := newMACKey(rules.newHash, rules.deriveKey(c, secret))
	rules.attach(r, c, rules.encode(key.sum(nil, s.text)))
}

func headText(t *testing.T, r *Request) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s?%s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.Path, r.Query.Encode(), r.Host)
	if err := r.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\r\n"
}

// readHead reads a request as a server does.
func readHead(reader *bufio.Reader, text string) (*Request, error) {
	reader.Reset(strings.NewReader(text))
	r, err := http.ReadRequest(reader)
	if err != nil {
		return nil, err
	}
	return NewRequest(r.Method, r.Host, r.RequestURI, r.Header)
}

func headServer() func(string) ([]string, error) {
	reader, keys := bufio.NewReader(nil), NewKeyCache(4)
	return func(text string) ([]string, error) {
		r, err := readHead(reader, text)
		if err != nil {
			return nil, err
		}
		res, err := authenticate(vectorDomains, r, testKeys, keys, testRegion, testNow)
		if err != nil {
			return nil, err
		}
		c, err := Parse(r)
		if err != nil {
			return nil, err
		}
		m := append(meaning(res, r.Query), r.Method, c.AccessKeyID, c.SecurityToken, c.SignedAt.String(), c.Expires.String())
		return append(m, headerMeaning(r.Header)...), nil
	}
}

// headerMeaning is every header but the signature, whose meaning is the claim.
func headerMeaning(h http.Header) (m []string) {
	for name, values := range h {
		if name != "Authorization" {
			m = append(m, name+": "+strings.Join(values, "|"))
		}
	}
	slices.Sort(m)
	return m
}

// formSamples are form fields, a line each. The date of V4 is not among them: no
// signature covers more of it than the day, unless the policy names it.
func formSamples(t *testing.T) (samples []sample) {
	for _, scheme := range formSchemes {
		for _, cred := range []Credentials{permanent, temporary} {
			fields, err := SignForm(scheme, somePolicy, cred, testRegion, testNow)
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for _, f := range fields {
				if f.Name != paramDate {
					text.WriteString(f.Name + "=" + f.Value + "\n")
				}
			}
			samples = append(samples, sample{
				name:  fmt.Sprintf("%s %s", scheme, cred.AccessKeyID[:3]),
				text:  text.String(),
				serve: serveFormText,
			})
		}
	}
	return samples
}

func serveFormText(text string) ([]string, error) {
	form := formOf{paramDate: testNow.Format(isoBasic)}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		form[strings.ToLower(name)] = value
	}
	c, err := authenticateForm(form, testKeys, nil, testRegion, testNow)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errAnonymous
	}
	return []string{string(c.Scheme), c.AccessKeyID, c.SecurityToken, c.day, c.Region, c.Product, form["policy"]}, nil
}

// rpcSamples are requests of the RPC style: V1 as its method and a form, ACS3 as
// HTTP/1.1 with a form behind the empty line.
func rpcSamples(t *testing.T) (samples []sample) {
	for _, cred := range []Credentials{permanent, temporary} {
		params := url.Values{"Action": {"CreateUser"}, "Version": {"2015-05-01"}, "UserName": {"bob"}, "Comments": {"a b+目~*&="}, "Email": {""}}
		SignRPC("POST", params, cred, testNow, "3e85aef597e0f78bf7a28adfd8e11ca8")
		r, body := acs3Request(t, cred)
		r.Header.Del("Accept") // unsigned
		samples = append(samples,
			sample{name: "rpc-v1 " + cred.AccessKeyID[:3], text: "POST " + params.Encode(), serve: serveRPCText(cred.Secret)},
			sample{name: "acs3 " + cred.AccessKeyID[:3], text: headText(t, r) + string(body), serve: serveACS3Text(cred.Secret)})
	}
	return samples
}

func serveRPCText(secret string) func(string) ([]string, error) {
	return func(text string) ([]string, error) {
		method, form, _ := strings.Cut(text, " ")
		params, err := url.ParseQuery(form)
		if err != nil {
			return nil, err
		}
		if id := params.Get("AccessKeyId"); testKeys.secrets[id] != secret {
			return nil, RPCKeyNotFound()
		}
		if err := serveRPC(method, params, &secret, map[string]bool{}, testNow); err != nil {
			return nil, err
		}
		m := []string{method}
		for name, values := range params {
			m = append(m, name+"="+strings.Join(values, "|"))
		}
		slices.Sort(m)
		return m, nil
	}
}

func serveACS3Text(secret string) func(string) ([]string, error) {
	reader := bufio.NewReader(nil)
	return func(text string) ([]string, error) {
		head, body, ok := strings.Cut(text, "\r\n\r\n")
		if !ok {
			return nil, errors.New("the head does not end")
		}
		r, err := readHead(reader, head+"\r\n\r\n")
		if err != nil {
			return nil, err
		}
		c, err := ParseACS3(r, []byte(body))
		if err != nil {
			return nil, err
		}
		if testKeys.secrets[c.AccessKeyID] != secret {
			return nil, RPCKeyNotFound()
		}
		if err := serveClaim(c, &secret, map[string]bool{}, testNow); err != nil {
			return nil, err
		}
		query := slices.Clone(r.Query)
		slices.SortStableFunc(query, func(x, y Param) int { return cmp.Compare(x.Name, y.Name) })
		m := append(meaning(Resource{}, query), r.Method, r.Host, r.Path, c.AccessKeyID, c.SecurityToken, c.Nonce, c.Timestamp.String(), body)
		return append(m, headerMeaning(r.Header)...), nil
	}
}
