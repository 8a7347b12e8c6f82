package signature

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// virtual is an unsigned request for examplebucket/k.
func virtual(t testing.TB, query string) *Request {
	t.Helper()
	r, err := NewRequest("GET", "examplebucket.oss-cn-hangzhou.aliyuncs.com:8280", "/k?"+query, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signAs signs r in a form that only a client with a known quirk signs.
func signAs(t testing.TB, scheme Scheme, r *Request, f form, additional ...string) {
	t.Helper()
	rules := schemeNamed(scheme)
	c := &Claim{Scheme: scheme, AccessKeyID: temporary.AccessKeyID, SecurityToken: temporary.SecurityToken, additional: additional}
	if err := rules.prepare(r, c, testRegion, testNow, time.Hour); err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	rules.canonical(s, c, r, Resource{Bucket: "examplebucket", Key: "k"}, f)
	key := newMACKey(rules.newHash, rules.deriveKey(c, temporary.Secret))
	rules.attach(r, c, rules.encode(key.sum(nil, s.text)))
}

func TestConcessions(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		form        form
		additional  []string
		schemes     []Scheme // that concede it; every other refuses
	}{
		{"empty value with equals", "list-type=2&prefix=", emptyWithEquals, nil, []Scheme{V4Header, V4URL}},
		{"all empty values with equals", "acl=&prefix=", emptyWithEquals, nil, []Scheme{V4Header, V4URL}},
		{"all but sub-resources", "uploads=&prefix=", emptyWithEquals | exceptSubresources, nil, []Scheme{V4Header, V4URL}},
		{"host without port", "", hostWithoutPort, []string{"host"}, []Scheme{V2Header, V2URL, V4Header, V4URL}},
		{"two at once", "prefix=", emptyWithEquals | hostWithoutPort, []string{"host"}, []Scheme{V4Header, V4URL}},
		{"regions", "regions=x", regionalParameters, nil, []Scheme{V1Header, V1URL}},
		{"vip and vpcip", "vip&vpcip=1", regionalParameters, nil, []Scheme{V1Header, V1URL}},
		{"URL without token", "", withoutToken, nil, []Scheme{V1URL}},
		{"regions, URL without token", "regions", regionalParameters | withoutToken, nil, []Scheme{V1URL}},
	} {
		for _, scheme := range tt.schemes {
			t.Run(tt.name+" "+string(scheme), func(t *testing.T) {
				r := virtual(t, tt.query)
				signAs(t, scheme, r, tt.form, tt.additional...)
				if _, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow); err != nil {
					t.Fatal(describe(err))
				}
				// And nothing else passes with it.
				r.Path += "x"
				_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
				wantError(t, err, "SignatureDoesNotMatch", "")
			})
		}
	}
}

func TestBareNamesAreNotConceded(t *testing.T) {
	r := virtual(t, "prefix=")
	signAs(t, V4Header, r, emptyWithEquals)
	r.Query[0].Bare = true // no client that signs "prefix=" sends "prefix"
	_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
	wantError(t, err, "SignatureDoesNotMatch", "0002-00000201")
}

func TestAdditionalHeaders(t *testing.T) {
	for _, scheme := range []Scheme{V2Header, V2URL, V4Header, V4URL} {
		r := virtual(t, "")
		r.Header.Set("Range", "bytes=0-9")
		r.Header.Set("Content-Type", "text/plain")
		signAs(t, scheme, r, strict, "content-type", "host", "range")
		if _, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow); err != nil {
			t.Fatal(describe(err))
		}
		r.Header.Set("Range", "bytes=0-99")
		_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
		wantError(t, err, "SignatureDoesNotMatch", schemeNamed(scheme).mismatch)
	}
}

func TestAdditionalHeadersInAnyOrder(t *testing.T) {
	for _, scheme := range []Scheme{V2Header, V4Header} {
		r := virtual(t, "")
		r.Header.Set("Range", "bytes=0-9")
		signAs(t, scheme, r, strict, "host", "range")
		auth := r.Header.Get("Authorization")
		r.Header.Set("Authorization", strings.Replace(auth, "host;range", "Range;host;range", 1))
		if _, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow); err != nil {
			t.Fatal(describe(err))
		}
	}
}

func TestRepeatedHeaders(t *testing.T) {
	r := virtual(t, "")
	r.Header.Set("X-Oss-Meta-A", "1,2")
	if err := SignHeader(V1Header, r, Resource{Bucket: "examplebucket", Key: "k"}, permanent, "", testNow); err != nil {
		t.Fatal(err)
	}
	if name, ok := r.RepeatedHeader(); ok {
		t.Errorf("%s is no repeated header", name)
	}
	r.Header["X-Oss-Meta-A"] = []string{"1", "2"}
	if _, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow); err != nil {
		t.Errorf("repeated headers must be signed joined: %s", describe(err))
	}
	if name, ok := r.RepeatedHeader(); !ok || name != "X-Oss-Meta-A" {
		t.Errorf("repeated header %q, %v", name, ok)
	}
}

func TestSignatureSpelling(t *testing.T) {
	for _, scheme := range allSchemes {
		r := virtual(t, "")
		if err := signAny(scheme, r, Resource{Bucket: "examplebucket", Key: "k"}, permanent); err != nil {
			t.Fatal(err)
		}
		good, err := Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		candidates := []Resource{{Bucket: "examplebucket", Key: "k"}}
		for _, spelling := range []string{
			"", "x", good.signature + "=", good.signature + "\n", " " + good.signature,
			strings.ToUpper(good.signature), good.signature[:len(good.signature)-2],
			good.signature[:len(good.signature)-2] + "\n=",
			strings.Repeat("A", len(good.signature)),
		} {
			c := *good
			c.mac, c.macSize = [32]byte{}, 0
			if scheme.Version() == "v4" {
				c.setHex(spelling)
			} else {
				c.setBase64(spelling, schemeNamed(scheme).newHash().Size())
			}
			_, err := c.Verify(r, permanent.Secret, candidates, nil)
			wantError(t, err, "SignatureDoesNotMatch", "")
		}
		// The last base64 digit of a MAC of 20 bytes has two bits that mean nothing.
		if scheme == V1URL {
			digits := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
			last := strings.IndexByte(digits, good.signature[26])
			c := *good
			c.macSize = 0
			c.setBase64(good.signature[:26]+digits[last+1:last+2]+"=", 20)
			_, err := c.Verify(r, permanent.Secret, candidates, nil)
			wantError(t, err, "SignatureDoesNotMatch", "")
		}
	}
}

func TestMismatchShowsWhatWasComputed(t *testing.T) {
	r := virtual(t, "prefix=")
	if err := SignHeader(V4Header, r, Resource{Bucket: "other", Key: "k"}, permanent, testRegion, testNow); err != nil {
		t.Fatal(err)
	}
	_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
	e := wantError(t, err, "SignatureDoesNotMatch", "0002-00000201")
	fields := map[string]string{}
	for _, f := range e.Fields {
		fields[f.Name] = f.Value
	}
	canonical := "GET\n/examplebucket/k\nprefix\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20261124T082031Z\n\n\nUNSIGNED-PAYLOAD"
	if fields["CanonicalRequest"] != canonical {
		t.Errorf("CanonicalRequest %q, want %q", fields["CanonicalRequest"], canonical)
	}
	if fields["OSSAccessKeyId"] != permanent.AccessKeyID || len(fields["SignatureProvided"]) != 64 {
		t.Errorf("fields %v", fields)
	}
	if got := fields["StringToSign"]; !strings.HasPrefix(got, "OSS4-HMAC-SHA256\n20261124T082031Z\n20261124/cn-hangzhou/oss/aliyun_v4_request\n") {
		t.Errorf("StringToSign %q", got)
	}
	if got := fields["StringToSignBytes"]; !strings.HasPrefix(got, "4F 53 53 34 2D ") || !strings.HasSuffix(got, " ") {
		t.Errorf("StringToSignBytes %q", got)
	}
	if strings.Contains(e.Error(), "20261124") {
		t.Errorf("the error text, which is logged, repeats the request: %v", e)
	}
}

func TestURLBoundToNetwork(t *testing.T) {
	peer := netip.MustParseAddr("192.0.2.77")
	for _, scheme := range []Scheme{V1URL, V2URL, V4URL} {
		mismatch := map[Scheme]string{V1URL: "0002-00000602", V2URL: "0002-00000119", V4URL: "0002-00000225"}[scheme]
		sign := func(query string) *Request {
			r := virtual(t, query)
			if err := Presign(scheme, r, Resource{Bucket: "examplebucket", Key: "k"}, permanent, testRegion, testNow, time.Hour); err != nil {
				t.Fatal(err)
			}
			return r
		}
		check := func(r *Request, peer netip.Addr) error {
			r.Peer = peer
			_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
			return err
		}
		const bound = "x-oss-ac-source-ip=192.0.2.0&x-oss-ac-subnet-mask=24"
		r := sign(bound)
		for _, inside := range []string{"192.0.2.77", "192.0.2.0", "::ffff:192.0.2.1"} {
			if err := check(r, netip.MustParseAddr(inside)); err != nil {
				t.Errorf("%s from %s: %s", scheme, inside, describe(err))
			}
		}
		wantError(t, check(r, netip.MustParseAddr("192.0.3.1")), "SignatureDoesNotMatch", mismatch)
		wantError(t, check(r, netip.MustParseAddr("2001:db8::1")), "SignatureDoesNotMatch", mismatch)
		wantError(t, check(r, netip.Addr{}), "AccessDenied", "0002-00000602")

		// The address may be left out of the URL once it is signed, and what the
		// URL then says instead does not count.
		i := 0
		for r.Query[i].Name != paramSourceIP {
			i++
		}
		r.Query[i].Value = "198.51.100.0"
		if err := check(r, peer); err != nil {
			t.Errorf("%s: %s", scheme, describe(err))
		}
		r.Query = append(r.Query[:i:i], r.Query[i+1:]...)
		if err := check(r, peer); err != nil {
			t.Errorf("%s without address: %s", scheme, describe(err))
		}
		for _, mask := range []string{"", "33", "x", "-1", "999"} {
			wantError(t, check(sign("x-oss-ac-source-ip=192.0.2.0&x-oss-ac-subnet-mask="+mask), peer), "InvalidArgument", "0002-00000601")
		}
		wantError(t, check(sign("x-oss-ac-vpc-id=vpc-1"), peer), "AccessDenied", "0002-00000603")
	}
}

func TestSignRefuses(t *testing.T) {
	res := Resource{Bucket: "examplebucket", Key: "k"}
	for _, tt := range []struct {
		name   string
		cred   Credentials
		query  string
		region string
		life   time.Duration
		scheme Scheme
	}{
		{"no key", Credentials{Secret: "x"}, "", testRegion, time.Hour, V4URL},
		{"signed twice", permanent, someURLV1, testRegion, time.Hour, V4URL},
		{"no region", permanent, "", "", time.Hour, V4URL},
		{"any region", permanent, "", "*", time.Hour, V4URL},
		{"too long", permanent, "", testRegion, maxLifetime*time.Second + 1, V4URL},
		{"too short", permanent, "", testRegion, time.Second - 1, V4URL},
		{"too short V1", permanent, "", testRegion, 0, V1URL},
		{"too short V2", permanent, "", testRegion, 0, V2URL},
		{"form scheme", permanent, "", testRegion, time.Hour, V4Form},
		{"header scheme", permanent, "", testRegion, time.Hour, V4Header},
		{"no scheme", permanent, "", testRegion, time.Hour, "v9"},
	} {
		if err := Presign(tt.scheme, virtual(t, tt.query), res, tt.cred, tt.region, testNow, tt.life); err == nil {
			t.Errorf("%s: signed", tt.name)
		}
	}
	for _, scheme := range []Scheme{V1URL, V2URL, V1Form, RPCV1, ACS3} {
		if err := SignHeader(scheme, virtual(t, ""), res, permanent, "", testNow); err == nil {
			t.Errorf("%s signed a header", scheme)
		}
	}
}

func TestSignHeaderAgain(t *testing.T) {
	r := virtual(t, "")
	res := Resource{Bucket: "examplebucket", Key: "k"}
	for i, cred := range []Credentials{temporary, permanent} {
		for _, scheme := range []Scheme{V4Header, V2Header, V1Header} {
			now := testNow.Add(time.Duration(i) * time.Minute)
			if err := SignHeader(scheme, r, res, cred, testRegion, now); err != nil {
				t.Fatal(err)
			}
			if _, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, now); err != nil {
				t.Error(describe(err))
			}
			if got := r.Header.Get("X-Oss-Security-Token"); got != cred.SecurityToken {
				t.Errorf("token %q, want %q", got, cred.SecurityToken)
			}
		}
	}
}

// oss2 signs the Date that it sets in its line, also where its user gave an
// x-oss-date, by which the request's time is then told (its test_sign_v1_x_oss_date).
func TestV2SignsBothDates(t *testing.T) {
	signed := func(ossDate time.Time, change func(http.Header)) error {
		r := virtual(t, "")
		r.Header.Set("X-Oss-Date", ossDate.UTC().Format(http.TimeFormat))
		r.Header.Set("Date", testNow.UTC().Format(http.TimeFormat))
		c := &Claim{Scheme: V2Header, AccessKeyID: permanent.AccessKeyID}
		s := new(scratch)
		canonicalV2(s, c, r, Resource{Bucket: "examplebucket", Key: "k"}, dateOfHeader)
		v2Header.attach(r, c, v2Header.encode(newMACKey(v2Header.newHash, []byte(permanent.Secret)).sum(nil, s.text)))
		change(r.Header)
		_, err := authenticate(vectorDomains, r, testKeys, nil, testRegion, testNow)
		return err
	}
	as := func(http.Header) {}
	if err := signed(testNow.Add(time.Minute), as); err != nil {
		t.Error(describe(err))
	}
	wantError(t, signed(testNow.Add(24*time.Hour), as), "RequestTimeTooSkewed", "0002-00000504")
	for name, change := range map[string]func(http.Header){
		"another Date":       func(h http.Header) { h.Set("Date", testNow.Add(time.Second).UTC().Format(http.TimeFormat)) },
		"another x-oss-date": func(h http.Header) { h.Set("X-Oss-Date", testNow.UTC().Format(http.TimeFormat)) },
		"no x-oss-date":      func(h http.Header) { h.Del("X-Oss-Date") },
		"no Date":            func(h http.Header) { h.Del("Date") },
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, signed(testNow.Add(time.Minute), change), "SignatureDoesNotMatch", "")
		})
	}
}
