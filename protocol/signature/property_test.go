package signature

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 24, 8, 20, 31, 0, time.UTC)

const testRegion = "cn-hangzhou"

var (
	permanent = Credentials{AccessKeyID: "LTAIexampleAccessKey0001", Secret: "ExampleAccessKeySecret00000001"}
	temporary = Credentials{AccessKeyID: "STS.ExampleTemporaryKey01", Secret: "temporarySecret", SecurityToken: vectorToken}
	testKeys  = &keyring{
		secrets: map[string]string{permanent.AccessKeyID: permanent.Secret, temporary.AccessKeyID: temporary.Secret},
		tokens:  map[string]string{temporary.AccessKeyID: temporary.SecurityToken},
	}
)

// randomText is valid UTF-8 of n runes, most of them awkward in URLs.
func randomText(rng *rand.Rand, n int) string {
	alphabet := []rune("abcXYZ019-_.~ +%/&=?#;:@!$'()*,[]{}|\\^`\"<>\t目录é😀")
	var b strings.Builder
	for range n {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

// randomRequest is a request as a client builds it, before it signs.
func randomRequest(rng *rand.Rand) (*Request, Resource) {
	r := &Request{Method: []string{"GET", "PUT", "HEAD", "POST", "DELETE"}[rng.IntN(5)], Header: http.Header{}}
	res := Resource{Bucket: "examplebucket", Key: randomText(rng, rng.IntN(20))}
	if rng.IntN(8) == 0 {
		res.Key = "a//b///c/" + res.Key
	}
	switch rng.IntN(3) {
	case 0:
		r.Host = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
		r.Path = "/" + EncodePath(res.Key)
	case 1:
		r.Host = "static.example.com"
		r.Path = "/" + EncodePath(res.Key)
	case 2:
		r.Host = "127.0.0.1:9000"
		r.Path = "/" + res.Bucket + "/" + EncodePath(res.Key)
	}
	names := []string{"acl", "uploadId", "prefix", "x-oss-process", "response-content-type", "versionId", "Zeta", "a b", "marker"}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names[:rng.IntN(4)] {
		value := randomText(rng, rng.IntN(10))
		r.Query = append(r.Query, Param{Name: name, Value: value, Bare: value == "" && rng.IntN(2) == 0})
	}
	for _, name := range []string{"Content-Type", "Content-Md5", "X-Oss-Meta-A", "x-oss-acl", "Range", "Cache-Control"} {
		if rng.IntN(3) == 0 {
			r.Header.Add(name, strings.TrimSpace(strings.ReplaceAll(randomText(rng, 6), "\t", "")))
		}
	}
	return r, res
}

// overTheWire is r as the other side reads it.
func overTheWire(t *testing.T, r *Request) *Request {
	t.Helper()
	got, err := NewRequest(r.Method, r.Host, r.Path+"?"+r.Query.Encode(), r.Header)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func signAny(scheme Scheme, r *Request, res Resource, cred Credentials) error {
	if schemeNamed(scheme).carrier == inURL {
		return Presign(scheme, r, res, cred, testRegion, testNow, time.Hour)
	}
	return SignHeader(scheme, r, res, cred, testRegion, testNow)
}

var allSchemes = []Scheme{V1Header, V1URL, V2Header, V2URL, V4Header, V4URL}

func TestSignVerify(t *testing.T) {
	keys := NewKeyCache(4)
	for _, scheme := range allSchemes {
		t.Run(string(scheme), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			for range 1000 {
				r, res := randomRequest(rng)
				cred := permanent
				if rng.IntN(2) == 0 {
					cred = temporary
				}
				if err := signAny(scheme, r, res, cred); err != nil {
					t.Fatal(err)
				}
				r = overTheWire(t, r)
				got, err := authenticate(vectorDomains, r, testKeys, keys, testRegion, testNow)
				if err != nil || got != res {
					t.Fatalf("%s %s %s?%s %v: resource %+v, want %+v, %v", r.Method, r.Host, r.Path, r.Query.Encode(), r.Header, got, res, err)
				}
				other := &keyring{secrets: map[string]string{cred.AccessKeyID: cred.Secret + "x"}}
				_, err = authenticate(vectorDomains, r, other, keys, testRegion, testNow)
				wantError(t, err, "SignatureDoesNotMatch", "")
			}
		})
	}
}

// flipCases are signed URLs in which every parameter is covered by the signature.
func flipCases(t *testing.T) map[string]*Request {
	t.Helper()
	cases := map[string]*Request{}
	for _, scheme := range []Scheme{V1URL, V2URL, V4URL} {
		for _, cred := range []Credentials{permanent, temporary} {
			for _, host := range []string{"examplebucket.oss-cn-hangzhou.aliyuncs.com", "static.example.com", "127.0.0.1:9000"} {
				r := &Request{Method: "GET", Host: host, Path: "/" + EncodePath("dir/a b+目~%2F//c.txt")}
				if host == "127.0.0.1:9000" {
					r.Path = "/examplebucket" + r.Path
				}
				r.Query = Query{
					{Name: "response-content-type", Value: "text/html; charset=utf-8"},
					{Name: "versionId", Value: "CAEQMxiBgID"},
					{Name: "x-oss-process", Value: ""},
					{Name: "acl", Bare: true},
				}
				res := Resource{Bucket: "examplebucket", Key: "dir/a b+目~%2F//c.txt"}
				if err := Presign(scheme, r, res, cred, testRegion, testNow, time.Hour); err != nil {
					t.Fatal(err)
				}
				cases[fmt.Sprintf("%s %s %s", scheme, cred.AccessKeyID[:3], host)] = r
			}
		}
	}
	return cases
}

// replacements are all bytes for one way of addressing; for the others, to keep
// the test short, those that are near to b and those that delimit something.
func replacements(b byte, host string) []byte {
	if host == "static.example.com" || host == "127.0.0.1:9000" {
		return append([]byte("%&=/+?;.:A0 \x00\n"), b^0x01, b^0x20, b^0x80)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

// TestEveryByteCounts replaces each byte of a signed URL by others. What is then
// accepted must mean exactly what was signed: same resource, same
// parameters. (A different escape of the same byte is such a case.)
func TestEveryByteCounts(t *testing.T) {
	for name, signed := range flipCases(t) {
		t.Run(name, func(t *testing.T) {
			keys := NewKeyCache(4)
			original := signed.Host + signed.Path + "?" + signed.Query.Encode()
			res, err := authenticate(vectorDomains, signed, testKeys, keys, testRegion, testNow)
			if err != nil {
				t.Fatal(err)
			}
			want := meaning(res, signed.Query)
			accepted := 0
			for i := range original {
				if signed.Host == "127.0.0.1:9000" && i < len(signed.Host) {
					continue // no signature covers the address of the server
				}
				for _, b := range replacements(original[i], signed.Host) {
					changed := original[:i] + string([]byte{b}) + original[i+1:]
					if changed == original {
						continue
					}
					host, target, found := strings.Cut(changed, "/")
					if !found {
						continue
					}
					r, err := NewRequest("GET", host, "/"+target, nil)
					if err != nil {
						continue
					}
					res, err := authenticate(vectorDomains, r, testKeys, keys, testRegion, testNow)
					if err != nil {
						continue
					}
					accepted++
					if got := meaning(res, r.Query); !slices.Equal(got, want) {
						t.Fatalf("byte %d as %#x is accepted and means something else:\n%s\n got %q\nwant %q", i, b, changed, got, want)
					}
				}
			}
			if accepted == 0 {
				t.Error("no other spelling was accepted, not even %2f for %2F: the test tests nothing")
			}
		})
	}
}

// meaning is all that an operation can read from an addressed request.
func meaning(res Resource, q Query) []string {
	m := []string{res.Bucket, res.Key}
	for _, p := range q {
		m = append(m, p.Name, p.Value)
	}
	return m
}

// TestNothingMayBeAdded adds a covered parameter or header to signed requests.
func TestNothingMayBeAdded(t *testing.T) {
	additions := map[string]func(*Request){
		"sub-resource":  func(r *Request) { r.Query = append(r.Query, Param{Name: "acl", Bare: true}) },
		"override":      func(r *Request) { r.Query = append(r.Query, Param{Name: "response-content-type", Value: "text/html"}) },
		"x-oss param":   func(r *Request) { r.Query = append(r.Query, Param{Name: "x-oss-process", Value: "image/info"}) },
		"x-oss header":  func(r *Request) { r.Header.Set("X-Oss-Object-Acl", "public-read") },
		"content type":  func(r *Request) { r.Header.Set("Content-Type", "text/html") },
		"content md5":   func(r *Request) { r.Header.Set("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==") },
		"other method":  func(r *Request) { r.Method = "PUT" },
		"longer key":    func(r *Request) { r.Path += "x" },
		"slash at end":  func(r *Request) { r.Path += "/" },
		"slash doubled": func(r *Request) { r.Path = "/" + r.Path },
	}
	for _, scheme := range allSchemes {
		for name, add := range additions {
			t.Run(string(scheme)+" "+name, func(t *testing.T) {
				r := &Request{Method: "GET", Host: "examplebucket.oss-cn-hangzhou.aliyuncs.com", Path: "/k", Header: http.Header{}}
				if err := signAny(scheme, r, Resource{Bucket: "examplebucket", Key: "k"}, temporary); err != nil {
					t.Fatal(err)
				}
				add(r)
				_, err := authenticate(vectorDomains, overTheWire(t, r), testKeys, nil, testRegion, testNow)
				wantError(t, err, "SignatureDoesNotMatch", "")
			})
		}
	}
}
