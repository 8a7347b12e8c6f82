package oss_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

const sessionWorld = `
accounts:
- id: "1234567890123456"
  users:
  - {name: app, accessKeys: [{id: LTAIsessionTestApp00001, secret: appSecret00000000000000000001}], policies: [AliyunSTSAssumeRoleAccess]}
  - {name: writer, accessKeys: [{id: LTAIsessionTestWriter01, secret: writerSecret0000000000000001}], policies: [put-and-get]}
  policies:
  - name: put-and-get
    document: {Version: "1", Statement: [{Effect: Allow, Action: ["oss:PutObject", "oss:GetObject"], Resource: "acs:oss:*:*:demo/*"}]}
  roles:
  - {name: uploader, trustAccounts: ["1234567890123456"], policies: [put-and-get]}
  buckets:
  - {name: demo}
  - {name: open, acl: public-read}
`

var app = signature.Credentials{AccessKeyID: "LTAIsessionTestApp00001", Secret: "appSecret00000000000000000001"}

// assume gets a session of the role, narrowed by policy if there is one.
func assume(t *testing.T, s *ossdtest.Server, clock *clock, policy string) signature.Credentials {
	t.Helper()
	params := map[string]string{"RoleArn": "acs:ram::1234567890123456:role/uploader", "RoleSessionName": "phone", "DurationSeconds": "900"}
	if policy != "" {
		params["Policy"] = policy
	}
	status, answer := rpcCall(t, s, clock, app, "2015-04-01", "AssumeRole", params)
	if status != 200 {
		t.Fatalf("AssumeRole: %v", answer)
	}
	c := answer["Credentials"].(map[string]any)
	return signature.Credentials{AccessKeyID: c["AccessKeyId"].(string), Secret: c["AccessKeySecret"].(string), SecurityToken: c["SecurityToken"].(string)}
}

// signedBy is a request to the server, signed by cred.
func signedBy(t *testing.T, s *ossdtest.Server, cred signature.Credentials, now time.Time, scheme signature.Scheme, method, target string) *signature.Request {
	t.Helper()
	r, err := signature.NewRequest(method, s.Addr, target, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	resources, err := (&signature.Domains{}).Resolve(r)
	if err != nil {
		t.Fatal(err)
	}
	switch scheme {
	case signature.V1Header, signature.V2Header, signature.V4Header:
		err = signature.SignHeader(scheme, r, resources[0], cred, ossdtest.Region, now)
	default:
		err = signature.Presign(scheme, r, resources[0], cred, ossdtest.Region, now, time.Hour)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// as sends a request signed by cred, and returns the verdict.
func as(t *testing.T, s *ossdtest.Server, cred signature.Credentials, now time.Time, scheme signature.Scheme, method, target string) string {
	t.Helper()
	r := signedBy(t, s, cred, now, scheme, method, target)
	text := method + " " + r.Path + "?" + r.Query.Encode() + " HTTP/1.1\r\nHost: " + s.Addr + "\r\nContent-Length: 0\r\n"
	for name, values := range r.Header {
		text += name + ": " + values[0] + "\r\n"
	}
	resp, ok := raw(s, text+"\r\n")
	if !ok {
		t.Fatalf("%q is no request", text)
	}
	return verdict(resp)
}

var allSchemes = []signature.Scheme{signature.V1Header, signature.V1URL, signature.V2Header, signature.V2URL, signature.V4Header, signature.V4URL}

// A session may do what both its role and its session policy allow, and nothing else.
func TestSessionPermissions(t *testing.T) {
	clock := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: sessionWorld, Now: clock.now})
	mustSend(t, s, request{method: "PUT", target: "/demo/a", body: "a"})
	mustSend(t, s, request{method: "PUT", target: "/open/a", body: "a"})
	whole := assume(t, s, clock, "")
	narrow := assume(t, s, clock, `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:DeleteObject"],"Resource":"*"}]}`)
	const denied, bySession = "Forbidden AccessDenied 0003-00000001", "Forbidden AccessDenied"
	for _, scheme := range allSchemes {
		for name, c := range map[string]struct {
			cred           signature.Credentials
			method, target string
			want           string
		}{
			"role allows put":              {whole, "PUT", "/demo/b", "OK"},
			"role allows get":              {whole, "GET", "/demo/a", "OK"},
			"role does not delete":         {whole, "DELETE", "/demo/a", denied},
			"role does not list":           {whole, "GET", "/demo", denied},
			"role knows one bucket":        {whole, "PUT", "/open/b", denied},
			"anyone reads a public object": {whole, "GET", "/open/a", "OK"},
			"both allow get":               {narrow, "GET", "/demo/a", "OK"},
			"session does not put":         {narrow, "PUT", "/demo/b", bySession},
			"role still does not delete":   {narrow, "DELETE", "/demo/a", denied},
			"the user's own key may not":   {app, "GET", "/demo/a", denied},
		} {
			if scheme == signature.V1URL && c.target == "/demo" {
				c.want = "Forbidden AccessDenied 0002-00000079" // not by such a URL, whoever signs it
			}
			if got := as(t, s, c.cred, clock.now(), scheme, c.method, c.target); got != c.want {
				t.Errorf("%s, %s: %s, want %s", name, scheme, got, c.want)
			}
		}
	}
}

// A session ends with its time, its role and its user, and a token counts only whole and with its key.
func TestSessionEnds(t *testing.T) {
	clock := &clock{}
	s := ossdtest.Start(t, ossdtest.Options{Declaration: sessionWorld, Now: clock.now})
	mustSend(t, s, request{method: "PUT", target: "/demo/a", body: "a"})
	get := func(cred signature.Credentials, scheme signature.Scheme) string {
		t.Helper()
		return as(t, s, cred, clock.now(), scheme, "GET", "/demo/a")
	}
	session, other := assume(t, s, clock, ""), assume(t, s, clock, "")

	for _, scheme := range allSchemes {
		changed, missing, swapped, unexpected, forged := session, session, session, callers["root"], session
		b := []byte(changed.SecurityToken)
		b[len(b)/2] ^= 1
		changed.SecurityToken = string(b)
		missing.SecurityToken = ""
		swapped.SecurityToken = other.SecurityToken
		unexpected.SecurityToken = session.SecurityToken
		forged.Secret += "x"
		for name, c := range map[string]struct {
			cred signature.Credentials
			want string
		}{
			"whole":                    {session, "OK"},
			"changed byte":             {changed, "Forbidden InvalidSecurityToken"},
			"no token":                 {missing, "Forbidden InvalidAccessKeyId 0002-00000003"},
			"token of another session": {swapped, "Forbidden AccessKeyIdAndSecurityTokenNotMatch"},
			"token with account key":   {unexpected, "Forbidden SecurityTokenNotSupported"},
		} {
			if got := get(c.cred, scheme); got != c.want && !(name == "changed byte" && got == c.want+" 0002-00000006") {
				t.Errorf("%s, %s: %s, want %s", name, scheme, got, c.want)
			}
		}
		if got := get(forged, scheme); got[:len("Forbidden SignatureDoesNotMatch")] != "Forbidden SignatureDoesNotMatch" {
			t.Errorf("wrong secret, %s: %s", scheme, got)
		}
	}

	clock.advance(15*time.Minute + time.Second)
	for _, scheme := range allSchemes {
		if got := get(session, scheme); got != "Forbidden SecurityTokenExpired 0002-00000007" {
			t.Errorf("after its expiry, %s: %s", scheme, got)
		}
	}

	session = assume(t, s, clock, "")
	mustRAM(t, s, clock, "DetachPolicyFromRole", map[string]string{"PolicyType": "Custom", "PolicyName": "put-and-get", "RoleName": "uploader"})
	if got := get(session, signature.V4URL); got != "Forbidden AccessDenied 0003-00000001" {
		t.Errorf("after the role lost its policy: %s", got)
	}
	mustRAM(t, s, clock, "DeleteRole", map[string]string{"RoleName": "uploader"})
	if got := get(session, signature.V4URL); got != "Forbidden InvalidSecurityToken" && got != "Forbidden InvalidSecurityToken 0002-00000006" {
		t.Errorf("after the role is gone: %s", got)
	}
}

// Permission is asked again when a body took long: who lost it meanwhile stores nothing.
func TestPermissionLostWhileUploading(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, s *ossdtest.Server, clock *clock){
		"key disabled": func(t *testing.T, s *ossdtest.Server, clock *clock) {
			mustRAM(t, s, clock, "UpdateAccessKey", map[string]string{"UserName": "writer", "UserAccessKeyId": writer.AccessKeyID, "Status": "Inactive"})
		},
		"policy detached": func(t *testing.T, s *ossdtest.Server, clock *clock) {
			mustRAM(t, s, clock, "DetachPolicyFromUser", map[string]string{"PolicyType": "Custom", "PolicyName": "put-and-get", "UserName": "writer"})
		},
		"nothing": func(*testing.T, *ossdtest.Server, *clock) {},
	} {
		t.Run(name, func(t *testing.T) {
			clock := &clock{}
			s := ossdtest.Start(t, ossdtest.Options{Declaration: sessionWorld, Now: clock.now})
			target := "/demo/slow"
			status := sendSlowly(t, s, clock, writer, "PUT", target,
				"first ", func() { lose(t, s, clock) }, "last")
			want, stored := http.StatusForbidden, http.StatusNotFound
			if name == "nothing" {
				want, stored = http.StatusOK, http.StatusOK
			}
			after := send(t, s, request{method: "GET", target: target, as: "root", scheme: signature.V4Header})
			if status != want || after.StatusCode != stored {
				t.Errorf("PUT answered %d, GET afterwards %s", status, after.Status)
			}
		})
	}
}

var writer = signature.Credentials{AccessKeyID: "LTAIsessionTestWriter01", Secret: "writerSecret0000000000000001"}

// sendSlowly sends a request whose body pauses after its first part: then the
// server has asked for it, so the signature was accepted. In the pause it calls
// meanwhile and lets more time pass than a brief upload takes. It returns the status.
func sendSlowly(t *testing.T, s *ossdtest.Server, clock *clock, cred signature.Credentials, method, target, first string, meanwhile func(), last string) int {
	t.Helper()
	signed := signedBy(t, s, cred, clock.now(), signature.V4Header, method, target)
	body, feed := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+target, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = signed.Header
	r.Header.Set("Expect", "100-continue")
	type outcome struct {
		resp *http.Response
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		resp, err := (&http.Transport{ExpectContinueTimeout: 10 * time.Second}).RoundTrip(r)
		done <- outcome{resp, err}
	}()
	io.WriteString(feed, first)
	meanwhile()
	clock.advance(2 * time.Second)
	io.WriteString(feed, last)
	feed.Close()
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	got.resp.Body.Close()
	return got.resp.StatusCode
}
