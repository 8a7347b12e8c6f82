package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
)

// What the gateway refuses before an action is asked.
func TestGatewayRefusals(t *testing.T) {
	w := rpctest.New(t, actions...)
	disabled := w.User("disabled")
	if err := w.Directory.SetAccessKeyActive(t.Context(), rpctest.Account, "disabled", disabled.AccessKeyID, false); err != nil {
		t.Fatal(err)
	}
	without := func(name string) func(url.Values) { return func(p url.Values) { p.Del(name) } }
	with := func(name, value string) func(url.Values) { return func(p url.Values) { p.Set(name, value) } }
	by := func(cred signature.Credentials) func(url.Values) {
		return func(p url.Values) {
			signature.SignRPC(http.MethodPost, p, cred, w.Now(), "by "+cred.AccessKeyID)
		}
	}
	at := func(age time.Duration) func(url.Values) {
		return func(p url.Values) {
			signature.SignRPC(http.MethodPost, p, w.Root, w.Now().Add(-age), "aged "+age.String())
		}
	}
	for _, c := range []struct {
		name          string
		change        func(url.Values)
		status        int
		code, message string
	}{
		{"no action", without("Action"), 400, "MissingAction", "Action is mandatory for this action."},
		{"no version", without("Version"), 400, "MissingVersion", "Version is mandatory for this action."},
		{"unknown version", with("Version", "2015-04-02"), 400, "InvalidVersion", "Specified parameter Version is not valid."},
		{"unknown action", with("Action", "Shout"), 404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."},
		{"action in other case", with("Action", "echo"), 404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."},
		{"no key", without("AccessKeyId"), 400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action."},
		{"no signature", without("Signature"), 400, "MissingSignature", "Signature is mandatory for this action."},
		{"no nonce", without("SignatureNonce"), 400, "MissingSignatureNonce", "SignatureNonce is mandatory for this action."},
		{"no timestamp", without("Timestamp"), 400, "MissingTimestamp", "Timestamp is mandatory for this action."},
		{"other method", with("SignatureMethod", "HMAC-SHA256"), 400, "InvalidSignatureMethod", "Specified signature method is not valid."},
		{"malformed time", with("Timestamp", "2026-11-24 12:00:00"), 400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."},
		{"too old", at(15*time.Minute + time.Second), 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."},
		{"too new", at(-15*time.Minute - time.Second), 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."},
		{"unknown key", by(signature.Credentials{AccessKeyID: "LTAInobody", Secret: "x"}), 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."},
		{"disabled key", by(disabled), 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."},
		{"token of nobody", by(signature.Credentials{AccessKeyID: w.Root.AccessKeyID, Secret: w.Root.Secret, SecurityToken: "CAIS"}), 400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey."},
		{"long nonce", func(p url.Values) {
			signature.SignRPC(http.MethodPost, p, w.Root, w.Now(), strings.Repeat("n", 129))
		}, 400, "InvalidParameter.SignatureNonce", "Specified parameter SignatureNonce is not valid."},
	} {
		t.Run(c.name, func(t *testing.T) {
			params := echo(w, http.MethodPost)
			c.change(params)
			w.Post("/", params).Refused(c.status, c.code, c.message)
			if o := w.Outcome(); o.Status != c.status || o.Code != c.code || o.Err != nil {
				t.Errorf("audited as %d %s, %v", o.Status, o.Code, o.Err)
			}
		})
	}
	for name, age := range map[string]time.Duration{"oldest": 15 * time.Minute, "newest": -15 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			params := echo(w, http.MethodPost)
			at(age)(params)
			w.Post("/", params).OK(nil)
		})
	}
}

// What cannot be read at all is refused in the format that the client asked for.
func TestUnreadable(t *testing.T) {
	w := rpctest.New(t, actions...)
	body := func(contentType, text string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/?Format=JSON&Text=hi", strings.NewReader(text))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	const form = "application/x-www-form-urlencoded"
	acs3 := httptest.NewRequest(http.MethodPost, "/", nil)
	acs3.Header.Set("x-acs-action", "Echo")
	acs3.Header.Set("Authorization", "ACS3-HMAC-SM3 Credential=x,SignedHeaders=host,Signature=00")
	const contentType = `The ContentType request header must be either "application/json" or "application/x-www-form-urlencoded".`
	for _, c := range []struct {
		name          string
		r             *http.Request
		status        int
		code, message string
	}{
		{"other method", httptest.NewRequest(http.MethodPut, "/?Format=JSON&Action=Echo", nil), 400, "UnsupportedHTTPMethod", "This http method is not supported."},
		{"other content type", body("text/plain", "Action=Echo"), 400, "InvalidParameter.ContentType", contentType},
		{"JSON body", body("application/json", "{}"), 400, "InvalidParameter.ContentType", contentType},
		{"no content type", body("", "Action=Echo"), 400, "InvalidParameter.ContentType", contentType},
		{"large body", body(form, "Action="+strings.Repeat("x", 1<<20)), 413, "RequestEntityTooLarge", "The request body is too large."},
		{"many parameters", body(form, strings.Repeat("a&", 1000)), 400, "InvalidParameter", "The request has too many parameters."},
		{"broken escape", body(form, "Action=%zz"), 400, "InvalidParameter", "The parameters are not well-formed URL encoding."},
		{"two values", body(form, "Text=a"), 400, "InvalidParameter", `The parameter "Text" is given twice, with different values.`},
		{"two values in the body", body(form, "Action=a&Action=b"), 400, "InvalidParameter", `The parameter "Action" is given twice, with different values.`},
		{"other algorithm of ACS3", acs3, 400, "InvalidSignatureMethod", "Specified signature method is not valid."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.Serve(c.r).Refused(c.status, c.code, c.message)
		})
	}
	r := w.Serve(httptest.NewRequest(http.MethodGet, "/?Action=Echo&Version="+version+"&Format=YAML", nil))
	if r.Code != 400 || !strings.Contains(r.Body.String(), "<Code>InvalidParameter.Format</Code><Message>Specified parameter format is not valid.</Message>") {
		t.Errorf("unknown format: %d %s", r.Code, r.Body)
	}
}

// A request whose signature does not fit is told what was signed here, in the
// words that SDKs look for, and leaves its nonce to whoever can sign.
func TestForgery(t *testing.T) {
	w := rpctest.New(t, actions...)
	good := echo(w, http.MethodPost)
	for name, forge := range map[string]func(url.Values){
		"parameter":    func(p url.Values) { p.Set("Text", "ho") },
		"added":        func(p url.Values) { p.Set("Loud", "true") },
		"signature":    func(p url.Values) { p.Set("Signature", "x"+p.Get("Signature")[1:]) },
		"nonce":        func(p url.Values) { p.Set("SignatureNonce", "mine") },
		"timestamp":    func(p url.Values) { p.Set("Timestamp", "2026-11-24T12:00:01Z") },
		"not a digest": func(p url.Values) { p.Set("Signature", "?") },
		"other secret": func(p url.Values) {
			signature.SignRPC(http.MethodPost, p, signature.Credentials{AccessKeyID: w.Root.AccessKeyID, Secret: "guess"}, w.Now(), p.Get("SignatureNonce"))
		},
		"method signed": func(p url.Values) { signature.SignRPC(http.MethodGet, p, w.Root, w.Now(), p.Get("SignatureNonce")) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := url.Values{}
			for k, v := range good {
				bad[k] = []string{v[0]}
			}
			forge(bad)
			r := w.Post("/", bad)
			if r.Code != 400 || !strings.Contains(r.Body.String(), `"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3D`) {
				t.Errorf("%d %s", r.Code, r.Body)
			}
			if o := w.Outcome(); o.Principal != (policy.Principal{}) || o.AccessKeyID != w.Root.AccessKeyID {
				t.Errorf("audited as %+v by %s", o.Principal, o.AccessKeyID)
			}
		})
	}
	w.Post("/", good).OK(nil)
}

// A client that hangs up in the middle of its body is no fault of the server.
func TestCutBody(t *testing.T) {
	w := rpctest.New(t, actions...)
	r := httptest.NewRequest(http.MethodPost, "/?Format=JSON", io.MultiReader(strings.NewReader("Action=E"), broken{}))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.Serve(r).Refused(400, "InvalidParameter", "The request body could not be read.")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestSessions(t *testing.T) {
	w := rpctest.New(t, actions...)
	alice := w.User("alice", rpctest.Allow("sts:AssumeRole", "*"))
	role := w.Role("reader", rpctest.Allow("test:GuardedEcho", "*"))
	one, two := w.Assume(alice, role, "one"), w.Assume(alice, role, "two")

	w.Do(one, version, "GuardedEcho", "Text", "hi").OK(nil)
	refused := func(name string, cred signature.Credentials, code, message string) {
		t.Helper()
		t.Log(name)
		w.Do(cred, version, "GuardedEcho", "Text", "hi").Refused(400, code, message)
	}
	const malformed = "Specified SecurityToken is malformed."
	token := one.SecurityToken
	refused("no token", signature.Credentials{AccessKeyID: one.AccessKeyID, Secret: one.Secret},
		"MissingSecurityToken", "SecurityToken is mandatory for this action.")
	refused("token of another session", signature.Credentials{AccessKeyID: one.AccessKeyID, Secret: one.Secret, SecurityToken: two.SecurityToken},
		"InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
	refused("token beside a permanent key", signature.Credentials{AccessKeyID: alice.AccessKeyID, Secret: alice.Secret, SecurityToken: token},
		"InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
	refused("changed token", signature.Credentials{AccessKeyID: one.AccessKeyID, Secret: one.Secret, SecurityToken: token[:40] + "AAAA" + token[44:]},
		"InvalidSecurityToken.Malformed", malformed)
	refused("no token at all", signature.Credentials{AccessKeyID: one.AccessKeyID, Secret: one.Secret, SecurityToken: "x"},
		"InvalidSecurityToken.Malformed", malformed)
	w.Advance(time.Hour)
	refused("expired", one, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
}

// A user who is deleted while his request is under way is a stranger, not an
// error of the server.
func TestCallerVanishes(t *testing.T) {
	vanish := rpc.Define(rpc.Spec[rpc.None, rpc.None]{
		Product:   product,
		Name:      "Vanish",
		Resources: func(*rpc.Call, *rpc.None) []string { return nil },
		Unguarded: true,
		Do: func(ctx context.Context, c *rpc.Call, _ *rpc.None) (*rpc.None, error) {
			return nil, fmt.Errorf("looking closer: %w", access.ErrKeyNotFound)
		},
	})
	w := rpctest.New(t, vanish)
	w.Do(w.Root, version, "Vanish").Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
}

// The client learns nothing of an unexpected error, the audit everything.
func TestInternalError(t *testing.T) {
	w := rpctest.New(t, actions...)
	r := w.Do(w.Root, version, "Break").Refused(500, "InternalError", "Sorry.")
	if strings.Contains(r.Body.String(), "secret") {
		t.Errorf("the answer shows the cause: %s", r.Body)
	}
	if o := w.Outcome(); !errors.Is(o.Err, errBroken) {
		t.Errorf("audited cause %v, want %v", o.Err, errBroken)
	}
}
