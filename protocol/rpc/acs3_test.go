package rpc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ossd/access/policy"
	"ossd/protocol/rpc"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
)

func TestACS3(t *testing.T) {
	w := rpctest.New(t, actions...)
	alice := w.User("alice", rpctest.Allow("sts:AssumeRole", "*"))
	session := w.Assume(alice, w.Role("reader"), "one")
	for _, c := range []struct {
		name        string
		cred        signature.Credentials
		query, form string
	}{
		{"query", w.Root, "Text=hi+%2A~%E7%9B%AE&Comments=", ""},
		{"form", w.Root, "", "Text=hi"},
		{"query and form", w.Root, "Text=hi", "Loud=true&Tag.1.Key=k"},
		{"session", session, "Text=hi", ""},
		{"the same in the query", w.Root, "Text=hi&Action=Echo&Version=" + version, ""},
		{"a format that no ACS3 answer has", w.Root, "Text=hi&Format=XML", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.ACS3(c.cred, version, "Echo", c.query, c.form)
			if !rpc.Recognizes(r) {
				t.Error("not recognized as RPC")
			}
			var got echoResponse
			w.Serve(r).OK(&got)
			if !strings.HasPrefix(got.Text, "hi") {
				t.Errorf("echoed %q", got.Text)
			}
			if o := w.Outcome(); o.Scheme != signature.ACS3 || o.AccessKeyID != c.cred.AccessKeyID || o.Action != "Echo" {
				t.Errorf("audited as %+v", o)
			}
		})
	}
}

func TestACS3Replay(t *testing.T) {
	w := rpctest.New(t, actions...)
	r := w.ACS3(w.Root, version, "Echo", "Text=hi", "")
	w.Serve(r).OK(nil)
	w.Serve(r).Refused(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
	w.Advance(16 * time.Minute)
	w.Serve(r).Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
}

func TestACS3Refusals(t *testing.T) {
	w := rpctest.New(t, actions...)
	body := func(form string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form)).Body
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	query := func(add string) func(*http.Request) {
		return func(r *http.Request) {
			r.URL.RawQuery += add
			r.RequestURI += add
		}
	}
	both := func(changes ...func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			for _, change := range changes {
				change(r)
			}
		}
	}
	const mismatch = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n"
	for _, c := range []struct {
		name          string
		change        func(*http.Request)
		status        int
		code, message string // beginning of the message
	}{
		{"other action", header("X-Acs-Action", "Break"), 400, "SignatureDoesNotMatch", mismatch},
		{"no action", func(r *http.Request) { r.Header.Del("X-Acs-Action") }, 400, "MissingAction", "Action is"},
		{"no version", func(r *http.Request) { r.Header.Del("X-Acs-Version") }, 400, "MissingVersion", "Version is"},
		{"action in the query", both(func(r *http.Request) { r.Header.Del("X-Acs-Action") }, query("&Action=Echo")), 400, "IncompleteSignature", "The request signature does not conform"},
		{"another action in the query", query("&Action=Break"), 400, "InvalidParameter", `The parameter "Action" is given twice, with different values.`},
		{"another version in the form", body("Version=1"), 400, "InvalidParameter", `The parameter "Version" is given twice`},
		{"two actions", func(r *http.Request) { r.Header.Add("X-Acs-Action", "Break") }, 400, "InvalidParameter", `The parameter "Action" is given twice`},
		{"the same action twice", func(r *http.Request) { r.Header.Add("X-Acs-Action", "Echo") }, 400, "IncompleteSignature", "The request"},
		{"parameter added", query("&Loud=true"), 400, "SignatureDoesNotMatch", mismatch},
		{"parameter repeated", query("&Text=hi"), 400, "SignatureDoesNotMatch", mismatch},
		{"body added", body("Loud=true"), 400, "SignatureDoesNotMatch", mismatch},
		{"other host", func(r *http.Request) { r.Host = "other.example.com" }, 400, "SignatureDoesNotMatch", mismatch},
		{"other method", func(r *http.Request) { r.Method = http.MethodGet }, 400, "SignatureDoesNotMatch", mismatch},
		{"digest of another body", header("X-Acs-Content-Sha256", strings.Repeat("0", 64)), 400, "SignatureDoesNotMatch", mismatch},
		{"unsigned header", header("X-Acs-Security-Token", "CAIS"), 400, "IncompleteSignature", "The request signature"},
		{"unknown key", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "LTAIroot", "LTAInone", 1))
		}, 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."},
		{"V1 beside it does not count", query("&Signature=x&AccessKeyId=y&SignatureNonce=z"), 400, "SignatureDoesNotMatch", mismatch},
		{"two signatures", func(r *http.Request) { r.Header.Add("Authorization", "Basic eDp5") }, 400, "IncompleteSignature", "The request signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.ACS3(w.Root, version, "Echo", "Text=hi", "")
			c.change(r)
			answer := w.Serve(r)
			var e struct{ Code, Message string }
			if err := json.Unmarshal(answer.Body.Bytes(), &e); err != nil {
				t.Fatalf("%s: %v", answer.Body, err)
			}
			if answer.Code != c.status || e.Code != c.code || !strings.HasPrefix(e.Message, c.message) {
				t.Errorf("refused with %d %s %q, want %d %s %q", answer.Code, e.Code, e.Message, c.status, c.code, c.message)
			}
			if o := w.Outcome(); o.Principal != (policy.Principal{}) || o.Product != "" && o.Scheme != signature.ACS3 {
				t.Errorf("audited as %+v by %s", o.Principal, o.Scheme)
			}
		})
	}
}

// What SDKs put into their headers when they sign V1 must not override what is signed.
func TestHeadersDoNotCountInV1(t *testing.T) {
	w := rpctest.New(t, actions...)
	r := httptest.NewRequest(http.MethodGet, "/?"+echo(w, http.MethodGet).Encode(), nil)
	r.Header.Set("X-Acs-Action", "Break")
	r.Header.Set("X-Acs-Version", "1999-01-01")
	w.Serve(r).OK(nil)
	if o := w.Outcome(); o.Scheme != signature.RPCV1 || o.Action != "Echo" {
		t.Errorf("audited as %s by %s", o.Action, o.Scheme)
	}
}
