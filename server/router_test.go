package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ossd/internal/forwarded"
	"ossd/protocol/signature"
)

// Each request reaches the API that it is meant for, whatever its path looks like.
func TestRouter(t *testing.T) {
	answer := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) })
	}
	from, err := forwarded.Networks([]string{"127.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	broken := false
	rt := &router{
		forwarded: &forwarded.Restorer{},
		domains:   &signature.Domains{Service: []string{"oss.example.com"}, CNAMEs: map[string]string{"static.example.com": "static"}},
		oss:       answer("oss"), rpc: answer("rpc"), metrics: answer("metrics"), metricsFrom: from,
		probe: func(context.Context) error {
			if broken {
				return errors.New("gone")
			}
			return nil
		},
	}
	send := func(method, host, target, contentType, remote string) string {
		r := httptest.NewRequest(method, target, nil)
		r.Host, r.RemoteAddr = host, remote
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		return strings.TrimSpace(w.Body.String())
	}
	const form, local = "application/x-www-form-urlencoded", "127.0.0.1:4000"
	for _, c := range []struct{ method, host, target, contentType, remote, want string }{
		{"GET", "127.0.0.1:8280", "/", "", local, "oss"},
		{"GET", "127.0.0.1:8280", "/?Action=GetCallerIdentity", "", local, "rpc"},
		{"POST", "127.0.0.1:8280", "/", form, local, "rpc"},
		{"GET", "127.0.0.1:8280", "/-/health", "", local, "ok"},
		{"GET", "127.0.0.1:8280", "/-/ready", "", local, "ready"},
		{"GET", "127.0.0.1:8280", "/-/metrics", "", local, "metrics"},
		{"GET", "127.0.0.1:8280", "/-/metrics", "", "10.0.0.1:4000", "metrics are not served to this address; see --metrics-from"},
		{"POST", "127.0.0.1:8280", "/-/health", "", local, "only GET is served here"},
		// Below a host that names a bucket, everything is an object.
		{"GET", "photos.oss.example.com", "/-/health", "", local, "oss"},
		{"GET", "static.example.com:8280", "/-/metrics", "", local, "oss"},
		{"POST", "photos.oss.example.com", "/?delete", form, local, "oss"},
		{"GET", "photos.oss.example.com", "/?Action=x", "", local, "oss"},
	} {
		if got := send(c.method, c.host, c.target, c.contentType, c.remote); got != c.want {
			t.Errorf("%s %s on %s from %s: %q, want %q", c.method, c.target, c.host, c.remote, got, c.want)
		}
	}
	broken = true
	if got := send("GET", "127.0.0.1", "/-/ready", "", local); got != "not ready" {
		t.Errorf("with a broken engine: %q", got)
	}
}
