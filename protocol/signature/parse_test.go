package signature

import (
	"net/http"
	"strings"
	"testing"
)

const (
	someV1 = "OSS LTAIexampleAccessKey0001:ykXBVS6HF6WZ0Gdz6fqfktbJf40="
	someV4 = "OSS4-HMAC-SHA256 Credential=LTAIexample/20261124/cn-hangzhou/oss/aliyun_v4_request,Signature=" +
		"71ec72a1ca9d683fd7c22828a90fab7f3aaafb41dce707e25f31c321e8c28335"
	someV2    = "OSS2 AccessKeyId:LTAIexample,Signature:Gl2j4Of8A/qgO2NXV7t0TNtyVxSzBErIFpF2dhtkEQQ="
	someURLV1 = "OSSAccessKeyId=LTAIexample&Expires=1795509031&Signature=6k3QT1BBfGyv4NKrZd8%2FaUgRBbw%3D"
	someURLV2 = "x-oss-signature-version=OSS2&x-oss-access-key-id=LTAIexample&x-oss-expires=1795509031" +
		"&x-oss-signature=yJ95DkSI%2FeU21SEEAUo6O%2BMPe5G6vQNQg9Q3tjOUZHw%3D"
	someURLV4 = "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=LTAIexample%2F20261124%2Fcn-hangzhou%2Foss%2Faliyun_v4_request" +
		"&x-oss-date=20261124T082031Z&x-oss-expires=600&x-oss-signature=a14120dcbffa57a663a3943e60a817ae82f242c636293e7872437cf688cd473f"
)

// parseWith parses a request with that query and header lines "Name: value".
func parseWith(t testing.TB, query string, lines ...string) (*Claim, error) {
	t.Helper()
	header := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
	}
	r, err := NewRequest("GET", "examplebucket.oss-cn-hangzhou.aliyuncs.com", "/k?"+query, header)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(r)
}

const (
	isoDate  = "X-Oss-Date: 20261124T082031Z"
	unsigned = "X-Oss-Content-Sha256: UNSIGNED-PAYLOAD"
)

func TestParseRecognises(t *testing.T) {
	for _, tt := range []struct {
		query   string
		headers []string
		want    Scheme
	}{
		{"", nil, ""},
		{"acl&Expires=1&security-token=x", nil, ""},
		{"", []string{"Authorization: " + someV1, "Date: Tue, 24 Nov 2026 08:20:31 GMT"}, V1Header},
		{"", []string{"Authorization: " + someV1, "Date: Tue, 3 Nov 2026 08:20:31 GMT"}, V1Header},
		{"", []string{"Authorization: " + someV1, isoDate}, V1Header},
		{someURLV1, nil, V1URL},
		{"", []string{"Authorization: " + someV2, "Date: Tue, 24 Nov 2026 08:20:31 GMT"}, V2Header},
		{"", []string{"Authorization: " + strings.ReplaceAll(someV2, ",", ", "), isoDate}, V2Header},
		{"", []string{"Authorization: OSS2 Signature:x,AccessKeyId:a", isoDate}, V2Header},
		{someURLV2, nil, V2URL},
		{someURLV2 + "&" + someURLV1, nil, V2URL},
		{"", []string{"Authorization: " + someV4, isoDate, unsigned}, V4Header},
		{"", []string{"Authorization: " + someV4, "Date: Tue, 24 Nov 2026 08:20:31 GMT", unsigned}, V4Header},
		{"", []string{"Authorization: " + strings.ReplaceAll(someV4, ",", ", "), isoDate, unsigned}, V4Header},
		{someURLV4, nil, V4URL},
		{someURLV4 + "&" + someURLV1, nil, V4URL},
	} {
		c, err := parseWith(t, tt.query, tt.headers...)
		if err != nil {
			t.Errorf("%s %v: %v", tt.query, tt.headers, err)
			continue
		}
		if tt.want == "" {
			if c != nil {
				t.Errorf("%s: %+v, want anonymous", tt.query, c)
			}
			continue
		}
		if c == nil || c.Scheme != tt.want {
			t.Errorf("%s %v: %+v, want %s", tt.query, tt.headers, c, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	auth := func(value string) []string { return []string{"Authorization: " + value, isoDate, unsigned} }
	v4 := func(from, to string) []string { return auth(strings.Replace(someV4, from, to, 1)) }
	url := strings.NewReplacer
	for _, tt := range []struct {
		name, query string
		headers     []string
		code, ec    string
	}{
		{"empty", "", auth(""), "InvalidArgument", ""},
		{"basic", "", auth("Basic eDp5"), "InvalidArgument", ""},
		{"S3", "", auth("AWS4-HMAC-SHA256 Credential=x"), "InvalidArgument", ""},
		{"lower case", "", auth("oss a:b"), "InvalidArgument", ""},
		{"twice", "", append(auth(someV4), "Authorization: "+someV1), "InvalidArgument", ""},
		{"header and URL", "Signature=x", auth(someV4), "InvalidArgument", ""},
		{"unknown version", "x-oss-signature-version=OSS9", nil, "InvalidArgument", "0002-00000066"},
		{"version missing", "x-oss-signature=0&x-oss-credential=a", nil, "InvalidArgument", "0002-00000066"},

		{"V1 no colon", "", auth("OSS ab"), "InvalidArgument", "0002-00000062"},
		{"V1 nothing", "", auth("OSS"), "InvalidArgument", "0002-00000062"},
		{"V1 no key", "", auth("OSS :b"), "InvalidArgument", "0002-00000063"},
		{"V1 no signature", "", auth("OSS a:"), "InvalidArgument", "0002-00000065"},
		{"V1 key characters", "", auth("OSS a/b:c"), "InvalidAccessKeyId", "0002-00000064"},
		{"V1 date missing", "", []string{"Authorization: " + someV1}, "AccessDenied", "0002-00000503"},
		{"V1 date bad", "", []string{"Authorization: " + someV1, "Date: yesterday"}, "AccessDenied", "0002-00000505"},
		{"V1 date twice", "", append(auth(someV1), isoDate), "AccessDenied", "0002-00000505"},

		{"V1 URL expires missing", "OSSAccessKeyId=a&Signature=b", nil, "AccessDenied", "0002-00000067"},
		{"V1 URL expires empty", "OSSAccessKeyId=a&Signature=b&Expires", nil, "AccessDenied", "0002-00000068"},
		{"V1 URL expires signed", "OSSAccessKeyId=a&Signature=b&Expires=%2B5", nil, "AccessDenied", "0002-00000070"},
		{"V1 URL key missing", "Signature=b&Expires=1", nil, "AccessDenied", "0002-00000071"},
		{"V1 URL key empty", "OSSAccessKeyId=&Signature=b&Expires=1", nil, "AccessDenied", "0002-00000072"},
		{"V1 URL key characters", "OSSAccessKeyId=%0A&Signature=b&Expires=1", nil, "InvalidAccessKeyId", "0002-00000073"},
		{"V1 URL signature empty", "OSSAccessKeyId=a&Signature=&Expires=1", nil, "AccessDenied", "0002-00000075"},

		{"V2 one item", "", auth("OSS2 AccessKeyId:a"), "InvalidArgument", "0002-00000102"},
		{"V2 nothing", "", auth("OSS2"), "InvalidArgument", "0002-00000102"},
		{"V2 comma at the end", "", auth("OSS2 AccessKeyId:a,"), "InvalidArgument", "0002-00000102"},
		{"V2 four items", "", auth("OSS2 AccessKeyId:a,AdditionalHeaders:date,Signature:b,X:c"), "InvalidArgument", "0002-00000102"},
		{"V2 no colon", "", auth("OSS2 AccessKeyId:a,AdditionalHeadershost,Signature:b"), "InvalidArgument", "0002-00000103"},
		{"V2 unknown item", "", auth("OSS2 AccessKeyId:a,Signature:b,UnknownKey:ABC"), "InvalidArgument", "0002-00000104"},
		{"V2 twice the same", "", auth("OSS2 AccessKeyId:a,Signature:b,Signature:b"), "InvalidArgument", "0002-00000104"},
		{"V2 lower case", "", auth("OSS2 accesskeyid:a,Signature:b"), "InvalidArgument", "0002-00000104"},
		{"V2 no key", "", auth("OSS2 AdditionalHeaders:host,Signature:b"), "InvalidArgument", "0002-00000105"},
		{"V2 key empty", "", auth("OSS2 AccessKeyId:,Signature:b"), "InvalidArgument", "0002-00000106"},
		{"V2 key characters", "", auth("OSS2 AccessKeyId:a/b,Signature:b"), "InvalidAccessKeyId", "0002-00000107"},
		{"V2 no signature", "", auth("OSS2 AccessKeyId:a,AdditionalHeaders:host"), "InvalidArgument", "0002-00000108"},
		{"V2 signature empty", "", auth("OSS2 AccessKeyId:a,Signature:"), "InvalidArgument", "0002-00000109"},
		{"V2 additional empty", "", auth("OSS2 AccessKeyId:a,AdditionalHeaders:,Signature:b"), "InvalidArgument", "0002-00000110"},
		{"V2 additional element", "", auth("OSS2 AccessKeyId:a,AdditionalHeaders:host;,Signature:b"), "InvalidArgument", "0002-00000111"},
		{"V2 additional absent", "", auth("OSS2 AccessKeyId:a,AdditionalHeaders:range,Signature:b"), "InvalidArgument", "0002-00000112"},
		{"V2 additional underscore", "", append(auth("OSS2 AccessKeyId:a,AdditionalHeaders:a_b,Signature:b"), "A_b: 1"), "InvalidArgument", "0002-00000112"},
		{"V2 date missing", "", []string{"Authorization: " + someV2}, "AccessDenied", "0002-00000503"},
		{"V2 date bad", "", []string{"Authorization: " + someV2, "Date: yesterday"}, "AccessDenied", "0002-00000505"},

		{"V2 URL expires missing", url("x-oss-expires", "x").Replace(someURLV2), nil, "InvalidArgument", "0002-00000113"},
		{"V2 URL expires empty", url("1795509031", "").Replace(someURLV2), nil, "InvalidArgument", "0002-00000114"},
		{"V2 URL expires word", url("1795509031", "soon").Replace(someURLV2), nil, "AccessDenied", "0002-00000070"},
		{"V2 URL key missing", url("x-oss-access-key-id", "x").Replace(someURLV2), nil, "InvalidArgument", "0002-00000115"},
		{"V2 URL key empty", url("LTAIexample", "").Replace(someURLV2), nil, "InvalidArgument", "0002-00000116"},
		{"V2 URL key characters", url("LTAIexample", "a:b").Replace(someURLV2), nil, "InvalidAccessKeyId", "0002-00000901"},
		{"V2 URL signature missing", url("x-oss-signature=", "x=").Replace(someURLV2), nil, "InvalidArgument", "0002-00000117"},
		{"V2 URL signature empty", "x-oss-signature=&" + someURLV2, nil, "InvalidArgument", "0002-00000118"},
		{"V2 URL additional empty", someURLV2 + "&x-oss-additional-headers", nil, "InvalidArgument", "0002-00000076"},
		{"V2 URL additional element", someURLV2 + "&x-oss-additional-headers=%3Bhost", nil, "InvalidArgument", "0002-00000077"},
		{"V2 URL additional absent", someURLV2 + "&x-oss-additional-headers=range", nil, "InvalidArgument", "0002-00000078"},
		{"V2 header and URL", someURLV2, auth(someV2), "InvalidArgument", ""},

		{"V4 comma at the end", "", auth(someV4 + ","), "InvalidArgument", "0002-00000202"},
		{"V4 no equals sign", "", v4("Credential=", "Credential"), "InvalidArgument", "0002-00000202"},
		{"V4 unknown item", "", v4(",Signature", ",X=1,Signature"), "InvalidArgument", "0002-00000202"},
		{"V4 twice the same", "", v4(",Signature", ",Signature=1,Signature"), "InvalidArgument", "0002-00000202"},
		{"V4 four items", "", auth(someV4 + ",AdditionalHeaders=a,B=c"), "InvalidArgument", "0002-00000202"},
		{"V4 signature empty", "", auth(someV4[:strings.Index(someV4, "71ec")]), "InvalidArgument", "0002-00000202"},
		{"V4 parts", "", v4("/oss/", "/"), "InvalidArgument", "0002-00000213"},
		{"V4 region", "", v4("cn-hangzhou", "cn hangzhou"), "InvalidArgument", "0002-00000213"},
		{"V4 key characters", "", v4("LTAI", "LT?AI"), "InvalidAccessKeyId", "0002-00000206"},
		{"V4 other day", "", v4("20261124", "20261123"), "InvalidArgument", "0002-00000212"},
		{"V4 additional empty", "", auth(someV4 + ",AdditionalHeaders="), "InvalidArgument", "0002-00000209"},
		{"V4 additional underscore", "", append(auth(someV4+",AdditionalHeaders=a_b"), "A_b: 1"), "InvalidArgument", "0002-00000211"},
		{"V4 payload missing", "", []string{"Authorization: " + someV4, isoDate}, "InvalidArgument", "0002-00000214"},
		{"V4 payload digest", "", []string{"Authorization: " + someV4, isoDate, "X-Oss-Content-Sha256: e3b0"}, "InvalidArgument", "0002-00000214"},
		{"V4 date missing", "", []string{"Authorization: " + someV4, unsigned}, "AccessDenied", "0002-00000503"},

		{"V4 URL expires missing", url("x-oss-expires", "x").Replace(someURLV4), nil, "InvalidArgument", "0002-00000215"},
		{"V4 URL expires word", url("=600", "=soon").Replace(someURLV4), nil, "InvalidArgument", "0002-00000232"},
		{"V4 URL expires huge", url("=600", "=99999999999999999999").Replace(someURLV4), nil, "InvalidArgument", "0002-00000232"},
		{"V4 URL expires negative", url("=600", "=-600").Replace(someURLV4), nil, "InvalidArgument", "0002-00000232"},
		{"V4 URL signature empty", url("a14120dcbffa57a663a3943e60a817ae82f242c636293e7872437cf688cd473f", "").Replace(someURLV4), nil, "InvalidArgument", "0002-00000220"},
		{"V4 URL key characters", url("LTAIexample", "a:b").Replace(someURLV4), nil, "InvalidAccessKeyId", "0002-00000222"},
		{"V4 URL other day", url("20261124T", "20261125T").Replace(someURLV4), nil, "InvalidArgument", "0002-00000223"},
		{"V4 URL date missing", url("x-oss-date", "x").Replace(someURLV4), nil, "AccessDenied", "0002-00000503"},
		{"V4 URL date bad", url("T082031Z", "T0820Z").Replace(someURLV4), nil, "AccessDenied", "0002-00000505"},
		{"V4 URL additional empty", someURLV4 + "&x-oss-additional-headers", nil, "InvalidArgument", "0002-00000076"},
		{"V4 URL additional element", someURLV4 + "&x-oss-additional-headers=host%3B", nil, "InvalidArgument", "0002-00000077"},
		{"V4 URL additional absent", someURLV4 + "&x-oss-additional-headers=range", nil, "InvalidArgument", "0002-00000078"},
		{"V4 URL payload", someURLV4, []string{"X-Oss-Content-Sha256: e3b0"}, "InvalidArgument", "0002-00000214"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseWith(t, tt.query, tt.headers...)
			if c != nil {
				t.Errorf("claim %+v beside an error", c)
			}
			wantError(t, err, tt.code, tt.ec)
		})
	}
}

func TestParseTokens(t *testing.T) {
	v1 := []string{"Authorization: " + someV1, isoDate}
	v2 := []string{"Authorization: " + someV2, isoDate}
	v4 := []string{"Authorization: " + someV4, isoDate, unsigned}
	const inHeader, concession = "X-Oss-Security-Token: tok", "Security-Token: tok"
	for _, tt := range []struct {
		name, query string
		headers     []string
		want, ec    string
	}{
		{"V1 header", "", append(v1, inHeader), "tok", ""},
		{"V1 header, unsigned", "", append(v1, concession), "tok", ""},
		{"V1 header, both", "", append(v1, inHeader, "Security-Token: other"), "tok", ""},
		{"V2 header", "", append(v2, inHeader), "tok", ""},
		{"V2 header, unsigned", "", append(v2, concession), "", ""},
		{"V2 URL", someURLV2 + "&security-token=tok", nil, "tok", ""},
		{"V2 URL, the name of V4", someURLV2 + "&x-oss-security-token=tok", nil, "", ""},
		{"V2 header and URL", "security-token=tok", append(v2, inHeader), "", "0002-00000010"},
		{"V2 URL, header only", someURLV2, []string{inHeader}, "", "0002-00000005"},
		{"V4 header", "", append(v4, inHeader), "tok", ""},
		{"V4 header, unsigned", "", append(v4, concession), "", ""},
		{"V4 header, in the URL only", "x-oss-security-token=tok", v4, "", ""},
		{"V1 URL", someURLV1 + "&security-token=tok", nil, "tok", ""},
		{"V1 URL, the name of V4", someURLV1 + "&x-oss-security-token=tok", nil, "", ""},
		{"V4 URL", someURLV4 + "&x-oss-security-token=tok", nil, "tok", ""},
		{"V4 URL, the name of V1", someURLV4 + "&security-token=tok", nil, "", ""},
		{"first wins", someURLV4 + "&x-oss-security-token=tok&x-oss-security-token=other", nil, "tok", ""},

		{"V1 header and URL", "security-token=tok", append(v1, inHeader), "", "0002-00000010"},
		{"V4 header and URL", "x-oss-security-token=tok", append(v4, inHeader), "", "0002-00000010"},
		{"V1 URL and header", someURLV1 + "&security-token=tok", []string{inHeader}, "", "0002-00000010"},
		{"V4 URL and header", someURLV4 + "&x-oss-security-token=tok", []string{inHeader}, "", "0002-00000010"},
		{"V1 URL, header only", someURLV1, []string{inHeader}, "", "0002-00000005"},
		{"V4 URL, header only", someURLV4, []string{inHeader}, "", "0002-00000005"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseWith(t, tt.query, tt.headers...)
			if tt.ec != "" {
				wantError(t, err, "InvalidArgument", tt.ec)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.SecurityToken != tt.want {
				t.Errorf("token %q, want %q", c.SecurityToken, tt.want)
			}
		})
	}
	_, err := parseWith(t, "", append(v4, "X-Oss-Security-Token: "+strings.Repeat("x", maxTokenSize+1))...)
	wantError(t, err, "InvalidSecurityToken", "0002-00000006")
}

// FuzzParse: nothing panics, an error is an *Error, and no signature that a
// fuzzer can make up is accepted.
func FuzzParse(f *testing.F) {
	f.Add("/k", "", "", "")
	f.Add("/k", "", someV1, "20261124T082031Z")
	f.Add("/b/k", "prefix=", someV2+",AdditionalHeaders:host", "20261124T082031Z")
	f.Add("/k", someURLV2+"&x-oss-additional-headers=host&security-token=t", "", "")
	f.Add("/b/k", "prefix=", someV4, "Tue, 24 Nov 2026 08:20:31 GMT")
	f.Add("/k", someURLV1+"&security-token=t", "", "")
	f.Add("/%2Fk", someURLV4+"&x-oss-additional-headers=host", "", "")
	f.Add("/k", someURLV4+"&x-oss-ac-subnet-mask=24&acl=", "", "")
	f.Fuzz(func(t *testing.T, path, query, authorization, date string) {
		header := http.Header{}
		header.Set("X-Oss-Content-Sha256", unsignedPayload)
		if authorization != "" {
			header.Set("Authorization", authorization)
		}
		if date != "" {
			header.Set("X-Oss-Date", date)
		}
		r, err := NewRequest("GET", "examplebucket.oss-cn-hangzhou.aliyuncs.com:80", path+"?"+query, header)
		if err != nil {
			return
		}
		candidates, err := vectorDomains.Resolve(r)
		if err != nil {
			return
		}
		c, err := Parse(r)
		if err != nil {
			if _, ok := err.(*Error); !ok || c != nil {
				t.Fatalf("%+v, %T", c, err)
			}
			return
		}
		if c == nil {
			return
		}
		_ = c.CheckScope("cn-hangzhou") // may well refuse; what matters is that nothing panics
		_ = c.CheckTime(testNow)
		if res, err := c.Verify(r, "a secret that no seed was signed with", candidates, nil); err == nil {
			t.Fatalf("%+v is accepted for %+v", c, res)
		}
	})
}
