package rpc_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ossd/protocol/rpc"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
)

// Wherever a client puts its parameters, they count and are signed.
func TestTransports(t *testing.T) {
	w := rpctest.New(t, actions...)
	form := func(r *http.Request) *http.Request {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		return r
	}
	query := func(method string) string { return "/?" + echo(w, method).Encode() }
	mixed := echo(w, http.MethodPost)
	mixed.Del("Text")
	inBody := echo(w, http.MethodPost, "Text", "hi *~+%")
	inQuery := url.Values{"Text": inBody["Text"]}
	inBody.Del("Text")
	twice := echo(w, http.MethodPost)

	for name, r := range map[string]*http.Request{
		"GET":                      httptest.NewRequest(http.MethodGet, query(http.MethodGet), nil),
		"POST, no type":            httptest.NewRequest(http.MethodPost, query(http.MethodPost), nil),
		"POST, form type, no body": form(httptest.NewRequest(http.MethodPost, query(http.MethodPost), nil)),
		"form":                     form(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(echo(w, http.MethodPost).Encode()))),
		"query and form":           form(httptest.NewRequest(http.MethodPost, "/?"+inQuery.Encode(), strings.NewReader(inBody.Encode()))),
		"same in both":             form(httptest.NewRequest(http.MethodPost, "/?"+twice.Encode(), strings.NewReader(twice.Encode()))),
	} {
		t.Run(name, func(t *testing.T) {
			if !rpc.Recognizes(r) {
				t.Error("not recognized as RPC")
			}
			var got echoResponse
			w.Serve(r).OK(&got)
			if !strings.HasPrefix(got.Text, "hi") {
				t.Errorf("echoed %q", got.Text)
			}
		})
	}
}

func TestRecognizes(t *testing.T) {
	for _, c := range []struct {
		method, target, header, value string
		want                          bool
	}{
		{"GET", "/?Action=ListUsers", "", "", true},
		{"GET", "/?Action=", "", "", true},
		{"GET", "/", "X-Acs-Action", "ListUsers", true},
		{"POST", "/", "Content-Type", "application/x-www-form-urlencoded", true},
		{"POST", "/", "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8", true},
		{"GET", "/", "", "", false},
		{"GET", "/?prefix=Action", "", "", false},
		{"PUT", "/", "Content-Type", "application/x-www-form-urlencoded", false},
		{"POST", "/", "Content-Type", "multipart/form-data; boundary=x", false},
		{"POST", "/bucket", "Content-Type", "application/x-www-form-urlencoded", false},
		{"GET", "/key?Action=ListUsers", "", "", false},
	} {
		body := strings.NewReader("Action=ListUsers")
		r := httptest.NewRequest(c.method, c.target, body)
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		if got := rpc.Recognizes(r); got != c.want {
			t.Errorf("%s %s %s: %s: recognized %v, want %v", c.method, c.target, c.header, c.value, got, c.want)
		}
		if body.Len() != len("Action=ListUsers") {
			t.Errorf("%s %s: the body was read", c.method, c.target)
		}
	}
}

func TestFormats(t *testing.T) {
	w := rpctest.New(t, actions...)
	const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	for _, c := range []struct{ format, text, contentType, want string }{
		{"JSON", "a<b", "application/json;charset=utf-8", `{"RequestId":"` + rpctest.RequestID + `","Text":"a<b"}`},
		{"json", "a<b", "application/json;charset=utf-8", `{"RequestId":"` + rpctest.RequestID + `","Text":"a<b"}`},
		{"XML", "a<b", "text/xml;charset=utf-8", xmlHead + `<EchoResponse><RequestId>` + rpctest.RequestID + `</RequestId><Text>a&lt;b</Text></EchoResponse>`},
		{"xml", "a<b", "text/xml;charset=utf-8", xmlHead + `<EchoResponse><RequestId>` + rpctest.RequestID + `</RequestId><Text>a&lt;b</Text></EchoResponse>`},
		{"JSON", "", "application/json;charset=utf-8", `{"RequestId":"` + rpctest.RequestID + `","HostId":"example.com","Code":"MissingText","Message":"Text is mandatory for this action.","Recommend":"https://api.aliyun.com/troubleshoot?q=MissingText&product=Test"}`},
		{"XML", "", "text/xml;charset=utf-8", xmlHead + `<Error><RequestId>` + rpctest.RequestID + `</RequestId><HostId>example.com</HostId><Code>MissingText</Code><Message>Text is mandatory for this action.</Message><Recommend>https://api.aliyun.com/troubleshoot?q=MissingText&amp;product=Test</Recommend></Error>`},
	} {
		r := w.Do(w.Root, version, "Echo", "Text", c.text, "Format", c.format)
		if got := r.Body.String(); got != c.want {
			t.Errorf("%s of %q:\n got %s\nwant %s", c.format, c.text, got, c.want)
		}
		if got := r.Header().Get("Content-Type"); got != c.contentType {
			t.Errorf("%s: content type %q, want %q", c.format, got, c.contentType)
		}
		if got := r.Header().Get("x-acs-request-id"); got != rpctest.RequestID {
			t.Errorf("%s: x-acs-request-id %q", c.format, got)
		}
	}
}

// Without a Format the answer is XML, as the vendor documents for STS and RAM.
func TestFormatAbsent(t *testing.T) {
	w := rpctest.New(t, actions...)
	params := echo(w, http.MethodGet)
	params.Del("Format")
	resign(t, params, w.Root.Secret)
	r := w.Get(params)
	if got := r.Header().Get("Content-Type"); r.Code != http.StatusOK || got != "text/xml;charset=utf-8" {
		t.Errorf("status %d, content type %q: %s", r.Code, got, r.Body)
	}
}

// resign signs a GET whose parameters SignRPC would not leave as they are.
func resign(t *testing.T, params url.Values, secret string) {
	t.Helper()
	claim, err := signature.ParseRPC(http.MethodGet, params)
	if err != nil {
		t.Fatal(err)
	}
	var refused *signature.RPCError
	if !errors.As(claim.Verify("wrong"), &refused) {
		t.Fatal("a wrong secret was accepted")
	}
	_, text, _ := strings.Cut(refused.Message, "server string to sign is:")
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	io.WriteString(mac, text)
	params.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func TestNewRequestIDs(t *testing.T) {
	h := rpc.Handler(rpc.Config{})
	seen := map[string]bool{}
	for range 3 {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/?Action=X", nil))
		id := rec.Header().Get("x-acs-request-id")
		if seen[id] || len(id) != 36 || id[14] != '4' || strings.ToUpper(id) != id || strings.Count(id, "-") != 4 {
			t.Errorf("request ID %q", id)
		}
		seen[id] = true
	}
}
