package rpc

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Calls that carry no signature, as clients send them for AssumeRoleWithOIDC, are
// recognised and read right. Where the action is not served, that is said.
func TestUnsignedCalls(t *testing.T) {
	files, err := filepath.Glob("testdata/rpc-*-unsigned.json")
	if err != nil || len(files) != 2 {
		t.Fatalf("%q, %v", files, err)
	}
	served := Define(Spec[None, None]{
		Product: &Product{Name: "Sts", Version: "2015-04-01", Refuse: func(error) *Error { return nil }}, Name: "GetCallerIdentity", Unguarded: true,
		Resources: func(*Call, *None) []string { return nil },
		Do:        func(context.Context, *Call, *None) (*None, error) { return &None{}, nil },
	})
	for _, file := range files {
		var v struct {
			Request struct {
				Method, Target, Body string
				Headers              [][2]string
			}
			Expect struct {
				Action, Version string
				Params          map[string]string
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(v.Request.Method, v.Request.Target, strings.NewReader(v.Request.Body))
		for _, h := range v.Request.Headers {
			r.Header.Set(h[0], h[1])
		}
		if !Recognizes(r) {
			t.Errorf("%s is not recognised", file)
		}
		in, err := readInput(httptest.NewRecorder(), r)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, want := range v.Expect.Params {
			if got := in.params.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", file, name, got, want)
			}
		}
		if in.params.Get("Action") != v.Expect.Action || in.params.Get("Version") != v.Expect.Version {
			t.Errorf("%s: %s %s", file, in.params.Get("Action"), in.params.Get("Version"))
		}
		again := httptest.NewRequest(v.Request.Method, v.Request.Target, strings.NewReader(v.Request.Body))
		again.Header = r.Header
		w := httptest.NewRecorder()
		Handler(Config{Actions: []Action{served}}).ServeHTTP(w, again)
		if w.Code != 404 || !strings.Contains(w.Body.String(), "InvalidAction.NotFound") {
			t.Errorf("%s: answered %d %s", file, w.Code, w.Body)
		}
	}
}
