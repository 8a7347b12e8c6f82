package signature

import (
	"net/http"
	"testing"
	"time"
)

// benchRequest is what a browser or an SDK sends for a small object.
func benchRequest(b *testing.B, scheme Scheme) *Request {
	b.Helper()
	r := &Request{
		Method: "GET",
		Host:   "examplebucket.oss-cn-hangzhou.aliyuncs.com",
		Path:   "/" + EncodePath("photos/2026/11/目录/picture 0001.jpg"),
		Header: http.Header{
			"User-Agent":      {"aliyun-sdk-python/2.19.1"},
			"Accept":          {"*/*"},
			"Accept-Encoding": {"identity"},
			"Connection":      {"keep-alive"},
		},
	}
	res := Resource{Bucket: "examplebucket", Key: "photos/2026/11/目录/picture 0001.jpg"}
	if err := signAny(scheme, r, res, permanent); err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkVerify is Verify alone, with a cached key.
func BenchmarkVerify(b *testing.B) {
	for _, scheme := range allSchemes {
		b.Run(string(scheme), func(b *testing.B) {
			r := benchRequest(b, scheme)
			keys := NewKeyCache(16)
			c, err := Parse(r)
			if err != nil {
				b.Fatal(err)
			}
			candidates, err := vectorDomains.Resolve(r)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Verify(r, permanent.Secret, candidates, keys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAuthenticate is all of it: take the target apart, resolve, parse,
// check and verify.
func BenchmarkAuthenticate(b *testing.B) {
	for _, scheme := range allSchemes {
		b.Run(string(scheme), func(b *testing.B) {
			signed := benchRequest(b, scheme)
			target := signed.Path + "?" + signed.Query.Encode()
			keys := NewKeyCache(16)
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewRequest("GET", signed.Host, target, signed.Header)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := authenticate(vectorDomains, r, testKeys, keys, testRegion, testNow); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyUncached derives the V4 key each time.
func BenchmarkVerifyUncached(b *testing.B) {
	r := benchRequest(b, V4URL)
	c, err := Parse(r)
	if err != nil {
		b.Fatal(err)
	}
	candidates := []Resource{{Bucket: "examplebucket", Key: "photos/2026/11/目录/picture 0001.jpg"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Verify(r, permanent.Secret, candidates, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPresign(b *testing.B) {
	for _, scheme := range []Scheme{V1URL, V2URL, V4URL} {
		b.Run(string(scheme), func(b *testing.B) {
			res := Resource{Bucket: "examplebucket", Key: "k"}
			b.ReportAllocs()
			for b.Loop() {
				if err := Presign(scheme, &Request{Method: "GET"}, res, permanent, testRegion, testNow, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyRPC(b *testing.B) {
	params := map[string][]string{"Action": {"AssumeRole"}, "Version": {"2015-04-01"}, "RoleArn": {"acs:ram::1:role/r"}}
	SignRPC("POST", params, permanent, testNow, "nonce")
	b.ReportAllocs()
	for b.Loop() {
		c, err := ParseRPC("POST", params)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(permanent.Secret); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyForm is the signature of a form with a cached key.
func BenchmarkVerifyForm(b *testing.B) {
	for _, scheme := range formSchemes {
		b.Run(string(scheme), func(b *testing.B) {
			form, keys := signedForm(b, scheme, permanent), NewKeyCache(16)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := authenticateForm(form, testKeys, keys, testRegion, testNow); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyACS3(b *testing.B) {
	r, body := acs3Request(b, permanent)
	b.ReportAllocs()
	for b.Loop() {
		c, err := ParseACS3(r, body)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.CheckTime(testNow.Add(time.Minute)); err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(permanent.Secret); err != nil {
			b.Fatal(err)
		}
	}
}
