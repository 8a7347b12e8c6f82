package signature

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type rpcVector struct {
	Name    string
	Request struct {
		Method, Target, Body string
		Headers              [][2]string
	}

	Credentials struct {
		ID     string  `json:"access_key_id"`
		Secret *string `json:"access_key_secret"`
		Token  string  `json:"security_token"`
	}
	Expect struct {
		Style, Action, Nonce, Result string
		Timestamp                    time.Time
		CanonicalRequest             string    `json:"canonical_request"`
		StringToSign                 string    `json:"string_to_sign"`
		Clock                        time.Time `json:"verify_clock"`
		Precondition                 string
		Error                        *struct {
			Status        int
			Code, Message string
			Prefix        string `json:"message_prefix"`
		}
	}
}

// params merges query and form.
func (v *rpcVector) params(t *testing.T) url.Values {
	t.Helper()
	_, query, _ := strings.Cut(v.Request.Target, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery(v.Request.Body)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(params, form)
	return params
}

// parse reads the claim in the style of the vector.
func (v *rpcVector) parse(t *testing.T) (*RPCClaim, error) {
	t.Helper()
	if v.Expect.Style != "acs3" {
		return ParseRPC(v.Request.Method, v.params(t))
	}
	host, header := "", http.Header{}
	for _, h := range v.Request.Headers {
		if strings.EqualFold(h[0], "Host") {
			host = h[1]
		} else {
			header.Add(h[0], h[1])
		}
	}
	r, err := NewRequest(v.Request.Method, host, v.Request.Target, header)
	if err != nil {
		t.Fatal(err)
	}
	return ParseACS3(r, []byte(v.Request.Body))
}

// serveRPC does what the gateway does, in its order.
func serveRPC(method string, params url.Values, secret *string, nonces map[string]bool, now time.Time) error {
	c, err := ParseRPC(method, params)
	if err != nil {
		return err
	}
	return serveClaim(c, secret, nonces, now)
}

func serveClaim(c *RPCClaim, secret *string, nonces map[string]bool, now time.Time) error {
	if err := c.CheckTime(now); err != nil {
		return err
	}
	if secret == nil {
		return RPCKeyNotFound()
	}
	if err := c.Verify(*secret); err != nil {
		return err
	}
	if nonces[c.Nonce] {
		return RPCNonceUsed()
	}
	nonces[c.Nonce] = true
	return nil
}

func TestRPCVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/rpc-*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v rpcVector
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		t.Run(v.Name, func(t *testing.T) {
			c, err := v.parse(t)
			if err != nil {
				t.Fatal(err)
			}
			if c.AccessKeyID != v.Credentials.ID || c.SecurityToken != v.Credentials.Token ||
				c.Nonce != v.Expect.Nonce || !c.Timestamp.Equal(v.Expect.Timestamp) {
				t.Errorf("claim %+v, want %+v of %s", c, v.Expect, v.Credentials.ID)
			}
			checkRPCText(t, &v, c)
			checkRPCOutcome(t, &v, c)
		})
	}
}

func checkRPCText(t *testing.T, v *rpcVector, c *RPCClaim) {
	t.Helper()
	switch {
	case c.Scheme == RPCV1:
		diffLines(t, "string to sign", strings.ReplaceAll(rpcStringToSign(c.method, c.params), "%26", "\n"),
			strings.ReplaceAll(v.Expect.StringToSign, "%26", "\n"))
	case v.Expect.CanonicalRequest != "":
		s := new(scratch)
		c.acs3.canonical(s)
		diffLines(t, "canonical request", string(s.request), v.Expect.CanonicalRequest)
		diffLines(t, "string to sign", string(s.text), v.Expect.StringToSign)
	}
}

func checkRPCOutcome(t *testing.T, v *rpcVector, c *RPCClaim) {
	t.Helper()
	nonces := map[string]bool{}
	if v.Expect.Precondition != "" { // the identical request was accepted before
		if err := serveClaim(c, v.Credentials.Secret, nonces, v.Expect.Clock); err != nil {
			t.Fatal(err)
		}
	}
	err := serveClaim(c, v.Credentials.Secret, nonces, v.Expect.Clock)
	if v.Expect.Error == nil {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	var e *RPCError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %+v", err, v.Expect.Error)
	}
	if e.Code != v.Expect.Error.Code || e.Status != v.Expect.Error.Status ||
		v.Expect.Error.Prefix == "" && e.Message != v.Expect.Error.Message || !strings.HasPrefix(e.Message, v.Expect.Error.Prefix) {
		t.Errorf("error %+v,\nwant %+v", *e, *v.Expect.Error)
	}
}

func TestRPCRefusals(t *testing.T) {
	now := time.Date(2026, 11, 24, 8, 20, 31, 0, time.UTC)
	cred := Credentials{AccessKeyID: "LTAIexample", Secret: "secret", SecurityToken: "token+/="}
	for _, tt := range []struct {
		name, code string
		change     func(url.Values)
	}{
		{"no key", "MissingAccessKeyId", func(p url.Values) { p.Del("AccessKeyId") }},
		{"no signature", "MissingSignature", func(p url.Values) { p.Set("Signature", "") }},
		{"no nonce", "MissingSignatureNonce", func(p url.Values) { p.Del("SignatureNonce") }},
		{"no time", "MissingTimestamp", func(p url.Values) { p.Del("Timestamp") }},
		{"no method", "MissingSignatureMethod", func(p url.Values) { p.Del("SignatureMethod") }},
		{"no version", "MissingSignatureVersion", func(p url.Values) { p.Del("SignatureVersion") }},
		{"other method", "InvalidSignatureMethod", func(p url.Values) { p.Set("SignatureMethod", "HMAC-SHA256") }},
		{"other version", "InvalidParameter", func(p url.Values) { p.Set("SignatureVersion", "2.0") }},
		{"bearer token", "InvalidParameter", func(p url.Values) { p.Set("SignatureType", "BEARERTOKEN") }},
		{"repeated", "InvalidParameter", func(p url.Values) { p.Add("RoleArn", "x"); p.Add("RoleArn", "y") }},
		{"bad time", "InvalidTimeStamp.Format", func(p url.Values) { p.Set("Timestamp", "20261124T082031Z") }},
		{"time zone", "InvalidTimeStamp.Format", func(p url.Values) { p.Set("Timestamp", "2026-11-24T08:20:31+00:00") }},
		{"old", "InvalidTimeStamp.Expired", func(p url.Values) { p.Set("Timestamp", "2026-11-24T08:05:30Z") }},
		{"ahead", "InvalidTimeStamp.Expired", func(p url.Values) { p.Set("Timestamp", "2026-11-24T08:35:32Z") }},
		{"added", "SignatureDoesNotMatch", func(p url.Values) { p.Set("Policy", "") }},
		{"removed", "SignatureDoesNotMatch", func(p url.Values) { p.Del("SecurityToken") }},
		{"short signature", "SignatureDoesNotMatch", func(p url.Values) { p.Set("Signature", "AAAA") }},
		{"line feed in signature", "SignatureDoesNotMatch", func(p url.Values) {
			p.Set("Signature", p.Get("Signature")[:27]+"\n=")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			params := url.Values{"Action": {"AssumeRole"}, "Version": {"2015-04-01"}}
			SignRPC("POST", params, cred, now, "nonce")
			if err := serveRPC("POST", params, &cred.Secret, map[string]bool{}, now); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
			tt.change(params)
			err := serveRPC("POST", params, &cred.Secret, map[string]bool{}, now)
			var e *RPCError
			if !errors.As(err, &e) || e.Code != tt.code {
				t.Fatalf("error %v, want %s", err, tt.code)
			}
			if strings.Contains(err.Error(), "token+") || strings.Contains(err.Error(), "server string") {
				t.Errorf("the error text, which is logged, repeats parameters: %s", err)
			}
		})
	}
}

func TestRPCSignVerify(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 11, 24, 8, 20, 31, 0, time.UTC)
	for range 500 {
		params := url.Values{}
		for range rng.IntN(6) {
			params.Set(randomText(rng, 1+rng.IntN(8)), randomText(rng, rng.IntN(12)))
		}
		cred := Credentials{AccessKeyID: "LTAIexample", Secret: randomText(rng, 30)}
		SignRPC("GET", params, cred, now, "nonce")
		onWire, err := url.ParseQuery(params.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := serveRPC("GET", onWire, &cred.Secret, map[string]bool{}, now); err != nil {
			t.Fatalf("%v: %v", params, err)
		}
		if err := serveRPC("POST", onWire, &cred.Secret, map[string]bool{}, now); err == nil {
			t.Fatalf("%v: accepted with another method", params)
		}
	}
}
