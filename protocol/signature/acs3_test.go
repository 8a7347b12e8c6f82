package signature

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// acs3Request is an action with a parameter in the query and one in the body.
func acs3Request(t testing.TB, cred Credentials) (*Request, []byte) {
	t.Helper()
	r, err := NewRequest("POST", "127.0.0.1:8280", "/?DisplayName=Bob+%C3%A9+*~&Comments=", http.Header{
		"X-Acs-Action":  {"CreateUser"},
		"X-Acs-Version": {"2015-05-01"},
		"Content-Type":  {"application/x-www-form-urlencoded"},
		"Accept":        {"application/json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("UserName=bob%2A")
	SignACS3(r, body, cred, testNow, "3e85aef597e0f78bf7a28adfd8e11ca8")
	return r, body
}

func serveACS3(r *Request, body []byte, secret string, now time.Time) error {
	c, err := ParseACS3(r, body)
	if err != nil {
		return err
	}
	return serveClaim(c, &secret, map[string]bool{}, now)
}

func TestACS3(t *testing.T) {
	for _, cred := range []Credentials{permanent, temporary} {
		r, body := acs3Request(t, cred)
		if err := serveACS3(r, body, cred.Secret, testNow); err != nil {
			t.Fatal(err)
		}
		c, err := ParseACS3(r, body)
		if err != nil {
			t.Fatal(err)
		}
		if c.Scheme != ACS3 || c.AccessKeyID != cred.AccessKeyID || c.SecurityToken != cred.SecurityToken || !c.Timestamp.Equal(testNow) {
			t.Errorf("claim %+v of %s", c, cred.AccessKeyID)
		}
		if err := c.Verify(cred.Secret + "&"); err == nil {
			t.Error("accepted with the key of V1")
		}
		// Signing again replaces everything.
		SignACS3(r, nil, permanent, testNow.Add(time.Hour), "another")
		if err := serveACS3(r, nil, permanent.Secret, testNow.Add(time.Hour)); err != nil {
			t.Errorf("signed again: %v", err)
		}
	}
}

func TestACS3Refusals(t *testing.T) {
	authorization := func(from, to string) func(*Request) {
		return func(r *Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	header := func(name, value string) func(*Request) { return func(r *Request) { r.Header.Set(name, value) } }
	for _, tt := range []struct {
		name, code string
		change     func(*Request)
	}{
		{"no signature", "IncompleteSignature", func(r *Request) { r.Header.Del("Authorization") }},
		{"two signatures", "IncompleteSignature", func(r *Request) { r.Header.Add("Authorization", "x") }},
		{"other algorithm", "InvalidSignatureMethod", authorization("HMAC-SHA256", "RSA-SHA256")},
		{"no items", "IncompleteSignature", header("Authorization", "ACS3-HMAC-SHA256 ")},
		{"unknown item", "IncompleteSignature", authorization("Credential", "AccessKeyId")},
		{"credential empty", "IncompleteSignature", authorization(permanent.AccessKeyID, "")},
		{"no signed headers", "IncompleteSignature", authorization("SignedHeaders=", "Signature=")},
		{"signed header absent", "IncompleteSignature", authorization("host;", "cookie;host;")},
		{"signed header empty", "IncompleteSignature", authorization("host;", ";host;")},
		{"token unsigned", "IncompleteSignature", header("X-Acs-Security-Token", "t")},
		{"any x-acs header unsigned", "IncompleteSignature", header("X-Acs-Credentials-Provider", "static_ak")},
		{"two dates", "IncompleteSignature", func(r *Request) { r.Header.Add("X-Acs-Date", "2026-11-24T08:20:31Z") }},
		{"date", "InvalidTimeStamp.Format", header("X-Acs-Date", "20261124T082031Z")},
		{"old", "InvalidTimeStamp.Expired", header("X-Acs-Date", "2026-11-24T08:05:30Z")},
		{"ahead", "InvalidTimeStamp.Expired", header("X-Acs-Date", "2026-11-24T08:35:32Z")},
		{"upper case signature", "SignatureDoesNotMatch", func(r *Request) {
			head, mac, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(mac))
		}},
		{"path", "SignatureDoesNotMatch", func(r *Request) { r.Path = "/x" }},
		{"content type", "SignatureDoesNotMatch", header("Content-Type", "application/json")},
		{"bare name", "", func(r *Request) { r.Query[1].Bare = true }}, // means the same
		{"unsigned header", "", header("Accept", "*/*")},
		{"spaces after commas", "", func(r *Request) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ",", ", "))
		}},
		{"names out of order", "", authorization("content-type;host;", "Host;content-type;host;")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, body := acs3Request(t, permanent)
			tt.change(r)
			err := serveACS3(r, body, permanent.Secret, testNow)
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *RPCError
			if !errors.As(err, &e) || e.Code != tt.code {
				t.Fatalf("error %v, want %s", err, tt.code)
			}
		})
	}
	for _, name := range acs3Required {
		r, body := acs3Request(t, permanent)
		authorization(name, "accept")(r)
		err := serveACS3(r, body, permanent.Secret, testNow)
		var e *RPCError
		if !errors.As(err, &e) || e.Code != "IncompleteSignature" || !strings.Contains(e.Message, name) {
			t.Errorf("%s is not signed: %v", name, err)
		}
	}
}

// TestACS3Digest: neither a digest of another body nor another body for the
// digest is believed, even when whoever sends it can sign.
func TestACS3Digest(t *testing.T) {
	r, body := acs3Request(t, permanent)
	for _, other := range []string{"", "UserName=eve", string(body) + "&"} {
		if err := serveACS3(r, []byte(other), permanent.Secret, testNow); err == nil {
			t.Errorf("body %q is accepted", other)
		}
	}
	c, err := ParseACS3(r, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(headerACSBody, strings.Repeat("0", 64))
	s := new(scratch)
	c.acs3.canonical(s)
	r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-64]+
		hex.EncodeToString(acs3MAC(permanent.Secret, s.text)))
	err = serveACS3(r, body, permanent.Secret, testNow)
	var e *RPCError
	if !errors.As(err, &e) || !strings.Contains(e.Message, "server CanonicalRequest is [POST\n/\nComments=&DisplayName=Bob%20%C3%A9%20%2A~\n") {
		t.Errorf("error %+v", e)
	}
	if strings.Contains(err.Error(), "DisplayName") {
		t.Errorf("the error text, which is logged, repeats parameters: %v", err)
	}
}
