package signature

import (
	"slices"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]time.Time{
		"20261124T082031Z":              testNow,
		"Tue, 24 Nov 2026 08:20:31 GMT": testNow,
		"Tue, 03 Nov 2026 08:05:09 GMT": time.Date(2026, 11, 3, 8, 5, 9, 0, time.UTC),
		"Tue, 3 Nov 2026 08:05:09 GMT":  time.Date(2026, 11, 3, 8, 5, 9, 0, time.UTC),
	} {
		if got, ok := parseDate(text); !ok || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "x", "20261124", "20261124T082031", "20261124T082031.5Z", "2026-11-24T08:20:31Z", "20261324T082031Z",
		"Tue, 24 Nov 2026 08:20:31 +0000", "Tue, 24 Nov 2026 08:20:31", "24 Nov 2026 08:20:31 GMT", "1795509031",
	} {
		if got, ok := parseDate(text); ok {
			t.Errorf("%q is accepted as %v", text, got)
		}
	}
}

func TestCheckTime(t *testing.T) {
	header := &Claim{Scheme: V1Header, SignedAt: testNow}
	v1 := &Claim{Scheme: V1URL, Expires: testNow}
	v4 := &Claim{Scheme: V4URL, SignedAt: testNow, Expires: testNow.Add(time.Hour)}
	v2 := &Claim{Scheme: V2URL, Expires: testNow}
	form := &Claim{Scheme: V4Form, SignedAt: testNow, Expires: testNow.Add(7 * 24 * time.Hour)}
	far := &Claim{Scheme: V1URL, Expires: unixTime("99999999999999999999999")}
	for _, tt := range []struct {
		name     string
		claim    *Claim
		offset   time.Duration
		code, ec string
	}{
		{"header", header, 0, "", ""},
		{"header, 15 min late", header, maxSkew, "", ""},
		{"header, 15 min early", header, -maxSkew, "", ""},
		{"header, too late", header, maxSkew + 1, "RequestTimeTooSkewed", "0002-00000504"},
		{"header, too early", header, -maxSkew - 1, "RequestTimeTooSkewed", "0002-00000504"},
		{"V1 URL, last instant", v1, 0, "", ""},
		{"V1 URL, long before", v1, -1000 * time.Hour, "", ""},
		{"V1 URL, over", v1, 1, "AccessDenied", "0002-00000069"},
		{"V1 URL, beyond every calendar", far, 1000 * time.Hour, "", ""},
		{"V2 URL, last instant", v2, 0, "", ""},
		{"V2 URL, over", v2, 1, "AccessDenied", "0002-00000069"},
		{"V2 header, too late", &Claim{Scheme: V2Header, SignedAt: testNow}, maxSkew + 1, "RequestTimeTooSkewed", "0002-00000504"},
		{"V1 form, ever", &Claim{Scheme: V1Form}, 1000 * time.Hour, "", ""},
		{"V2 form, ever", &Claim{Scheme: V2Form}, 1000 * time.Hour, "", ""},
		{"V4 form, last instant", form, 7 * 24 * time.Hour, "", ""},
		{"V4 form, over", form, 7*24*time.Hour + 1, "AccessDenied", "0002-00000709"},
		{"V4 form, first instant", form, -maxSkew, "", ""},
		{"V4 form, not yet", form, -maxSkew - 1, "AccessDenied", "0002-00000709"},
		{"V4 URL, last instant", v4, time.Hour, "", ""},
		{"V4 URL, over", v4, time.Hour + 1, "AccessDenied", "0002-00000236"},
		{"V4 URL, first instant", v4, -maxSkew, "", ""},
		{"V4 URL, not yet", v4, -maxSkew - 1, "AccessDenied", "0002-00000235"},
	} {
		err := tt.claim.CheckTime(testNow.Add(tt.offset))
		if tt.code == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		wantError(t, err, tt.code, tt.ec)
	}
}

func TestTimeFields(t *testing.T) {
	now := testNow.Add(20 * time.Minute)
	err := (&Claim{Scheme: V4Header, SignedAt: testNow}).CheckTime(now)
	want := []Field{
		{"MaxAllowedSkewMilliseconds", "900000"},
		{"RequestTime", "2026-11-24T08:20:31.000Z"},
		{"ServerTime", "2026-11-24T08:40:31.000Z"},
	}
	if e := wantError(t, err, "RequestTimeTooSkewed", ""); !slices.Equal(e.Fields, want) {
		t.Errorf("fields %v, want %v", e.Fields, want)
	}
	err = (&Claim{Scheme: V1URL, Expires: testNow}).CheckTime(now)
	want = []Field{{"Expires", "2026-11-24T08:20:31.000Z"}, {"ServerTime", "2026-11-24T08:40:31.000Z"}}
	if e := wantError(t, err, "AccessDenied", ""); !slices.Equal(e.Fields, want) {
		t.Errorf("fields %v, want %v", e.Fields, want)
	}
}

func TestCheckScope(t *testing.T) {
	for _, tt := range []struct{ scope, region, ec string }{
		{"cn-hangzhou/oss", "cn-hangzhou", ""},
		{"cn-hangzhou/oss", "*", ""},
		{"cb-1/oss-cloudbox", "*", ""},
		{"cn-hangzhou/oss", "cn-shanghai", "0002-00000226"},
		{"cn-hangzhou/s3", "*", "0002-00000227"},
		{"cn-hangzhou/", "*", "0002-00000227"},
	} {
		c := &Claim{}
		if err := c.setCredentialV4("a/20261124/"+tt.scope+"/aliyun_v4_request", ecV4{}); err != nil {
			t.Fatal(err)
		}
		err := c.CheckScope(tt.region)
		if tt.ec == "" {
			if err != nil {
				t.Errorf("%+v: %v", tt, err)
			}
			continue
		}
		wantError(t, err, "InvalidArgument", tt.ec)
	}
	if err := (&Claim{Scheme: V1Header}).CheckScope("cn-shanghai"); err != nil {
		t.Errorf("V1 has no scope: %v", err)
	}
}

func TestRefusalsOfTheCaller(t *testing.T) {
	for _, tt := range []struct {
		err      *Error
		code, ec string
	}{
		{UnknownKey("a"), "InvalidAccessKeyId", "0002-00000902"},
		{DisabledKey("a"), "InvalidAccessKeyId", "0002-00000904"},
		{TokenMissing("a"), "InvalidAccessKeyId", "0002-00000003"},
		{TokenInvalid(), "InvalidSecurityToken", "0002-00000006"},
		{TokenMismatch(), "AccessKeyIdAndSecurityTokenNotMatch", ""},
		{TokenExpired(testNow, testNow), "SecurityTokenExpired", "0002-00000007"},
		{TokenUnexpected(), "SecurityTokenNotSupported", ""},
		{SwitchedOff(&Claim{Scheme: V1Header}), "AccessDenied", "0002-00000080"},
		{SwitchedOff(&Claim{Scheme: V1URL}), "AccessDenied", "0002-00000080"},
		{SwitchedOff(&Claim{Scheme: V1Form}), "AccessDenied", "0002-00000080"},
		{SwitchedOff(&Claim{Scheme: V2URL}), "AccessDenied", ""},
		{SwitchedOff(&Claim{Scheme: V4Header}), "AccessDenied", ""},
	} {
		if tt.err.Code != tt.code || tt.err.EC != tt.ec || tt.err.Message == "" {
			t.Errorf("%+v, want %s (%s)", *tt.err, tt.code, tt.ec)
		}
	}
}
