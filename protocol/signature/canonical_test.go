package signature

import (
	"net/http"
	"testing"
)

// TestCanonicalDetails spells out what no captured request shows.
func TestCanonicalDetails(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		header      http.Header
		claim       Claim
		want        string
	}{
		{
			name:  "V4 sorts by encoded name, not by value, and keeps repetitions in order",
			query: "a-b=1&a=2&a=1&~=x&+=y&%E7=z&x-oss-signature=s",
			claim: Claim{Scheme: V4URL},
			want:  "GET\n/examplebucket/k\n%20=y&%E7=z&a=2&a=1&a-b=1&~=x\n\n\nUNSIGNED-PAYLOAD",
		},
		{
			name:   "V4 signs a listed header once, also one that needs no listing",
			header: http.Header{"Content-Type": {"text/plain", "ignored"}, "Range": {" bytes=0-1 ", "ignored"}},
			claim:  Claim{Scheme: V4Header, additional: []string{"content-type", "range"}},
			want:   "GET\n/examplebucket/k\n\ncontent-type:text/plain\nrange:bytes=0-1\n\ncontent-type;range\nUNSIGNED-PAYLOAD",
		},
		{
			name:  "V1 signs the first of repeated values, empty ones as bare names, others not at all",
			query: "versionId=&acl=b&acl=a&prefix=z&x-oss-process=p%26q&Acl=c&Expires=1",
			claim: Claim{Scheme: V1Header, date: "DATE"},
			want:  "GET\n\n\nDATE\n/examplebucket/k?acl=b&versionId&x-oss-process=p&q",
		},
		{
			name:  "V2 signs every parameter as V4 does, and escapes slashes",
			query: "prefix=&acl&a=b/c&a=1&x-oss-signature=s",
			claim: Claim{Scheme: V2Header, date: "DATE"},
			want:  "GET\n\n\nDATE\n\n%2Fexamplebucket%2Fk?a=b%2Fc&a=1&acl&prefix",
		},
		{
			name:   "V2 signs listed headers once, and those of the first lines again",
			header: http.Header{"Content-Type": {"text/plain"}, "X-Oss-A": {"1"}, "Range": {"bytes=0-1", "ignored"}},
			claim:  Claim{Scheme: V2URL, date: "DATE", additional: []string{"content-type", "range", "x-oss-a"}},
			want:   "GET\n\ntext/plain\nDATE\ncontent-type:text/plain\nrange:bytes=0-1\nx-oss-a:1\ncontent-type;range;x-oss-a\n%2Fexamplebucket%2Fk",
		},
		{
			name:   "headers are joined, trimmed outside and kept inside",
			header: http.Header{"X-Oss-B": {" 1  2 ", "3"}, "X-Oss-A": {""}, "Content-Md5": {"m", "n"}, "X-Ossa": {"no"}},
			claim:  Claim{Scheme: V1Header, date: "DATE"},
			want:   "GET\nm\n\nDATE\nx-oss-a:\nx-oss-b:1  2,3\n/examplebucket/k",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := virtual(t, tt.query)
			r.Header = tt.header
			s := new(scratch)
			schemeNamed(tt.claim.Scheme).canonical(s, &tt.claim, r, Resource{Bucket: "examplebucket", Key: "k"}, strict)
			got := string(s.request)
			if got == "" {
				got = string(s.text)
			}
			diffLines(t, "canonical form", got, tt.want)
		})
	}
}
