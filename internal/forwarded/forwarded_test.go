package forwarded_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"ossd/internal/forwarded"
)

func restored(t *testing.T, remote, host, target string, header map[string]string) *http.Request {
	t.Helper()
	f, hosts, err := forwarded.New([]string{"https://files.example.com", "http://example.com:8080/a/storage/"}, []string{"10.0.0.0/8", "192.0.2.1", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	if len(hosts) != 2 || hosts[0] != "files.example.com" || hosts[1] != "example.com" {
		t.Fatalf("hosts %q", hosts)
	}
	r := httptest.NewRequest("GET", target, nil)
	r.RemoteAddr, r.Host, r.TLS = remote, host, nil
	for name, value := range header {
		r.Header.Set(name, value)
	}
	f.Restore(r)
	return r
}

// Only a trusted proxy may say who the client is, and only for the hop that it saw.
func TestForwardedHeaders(t *testing.T) {
	said := map[string]string{"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "files.example.com", "X-Forwarded-Proto": "https"}
	r := restored(t, "198.51.100.1:4000", "127.0.0.1:8280", "/b/k", said)
	if r.RemoteAddr != "198.51.100.1:4000" || r.Host != "127.0.0.1:8280" || r.TLS != nil {
		t.Errorf("a stranger's headers counted: %s %s %v", r.RemoteAddr, r.Host, r.TLS)
	}
	r = restored(t, "10.1.2.3:4000", "127.0.0.1:8280", "/b/k", said)
	if r.RemoteAddr != "203.0.113.7:0" || r.Host != "files.example.com" || r.TLS == nil {
		t.Errorf("the proxy's headers did not count: %s %s %v", r.RemoteAddr, r.Host, r.TLS)
	}
	for chain, want := range map[string]string{
		"1.1.1.1, 203.0.113.7":           "203.0.113.7:0", // the client made up 1.1.1.1
		"1.1.1.1, 203.0.113.7, 10.9.9.9": "203.0.113.7:0",
		"10.9.9.9":                       "10.9.9.9:0", // the client is in the proxies' network
		"2001:db8::1":                    "[2001:db8::1]:0",
		"::ffff:203.0.113.7":             "203.0.113.7:0",
		"203.0.113.7:4242":               "203.0.113.7:0", "[2001:db8::1]:4242": "[2001:db8::1]:0",
		"unknown":                    "", // it must not pass for the proxy
		"1.1.1.1, unknown, 10.9.9.9": "",
		"":                           "",
	} {
		if r := restored(t, "192.0.2.1:4000", "x", "/", map[string]string{"X-Forwarded-For": chain}); r.RemoteAddr != want {
			t.Errorf("chain %q: client %s, want %s", chain, r.RemoteAddr, want)
		}
	}
	r = restored(t, "10.1.2.3:4000", "127.0.0.1:8280", "/", map[string]string{"X-Forwarded-Host": "evil.example, files.example.com", "X-Forwarded-Proto": "http, https"})
	if r.Host != "files.example.com" || r.TLS == nil {
		t.Errorf("what a client said of itself counts: %s, TLS %t", r.Host, r.TLS != nil)
	}
	plain := httptest.NewRequest("GET", "/", nil)
	plain.RemoteAddr, plain.TLS = "10.1.2.3:4000", &tls.ConnectionState{}
	plain.Header.Set("X-Forwarded-Proto", "http")
	f, _, _ := forwarded.New(nil, []string{"10.1.2.3"})
	if f.Restore(plain); plain.TLS != nil {
		t.Error("the client's plain connection counts as secure because the proxy's is")
	}
}

func TestBase(t *testing.T) {
	for target, want := range map[string]string{
		"/a/storage/b/k%2F%20?acl": "/b/k%2F%20?acl",
		"/a/storage":               "/",
		"/a/storage?list-type=2":   "/?list-type=2",
		"/a/storage2/k":            "/a/storage2/k",
		"/b/k":                     "/b/k", // the proxy took it away
		"/a/storage//k":            "//k",
	} {
		if r := restored(t, "127.0.0.1:1", "Example.com:8080", target, nil); r.RequestURI != want {
			t.Errorf("%s: %s, want %s", target, r.RequestURI, want)
		}
		if r := restored(t, "127.0.0.1:1", "files.example.com", target, nil); r.RequestURI != target {
			t.Errorf("%s below another host: %s", target, r.RequestURI)
		}
	}
}

func TestFrontRefuses(t *testing.T) {
	for _, endpoint := range []string{"files.example.com", "ftp://x", "https://", "https://x/?a"} {
		if _, _, err := forwarded.New([]string{endpoint}, nil); err == nil {
			t.Errorf("public endpoint %q was taken", endpoint)
		}
	}
	if _, _, err := forwarded.New(nil, []string{"proxy.example.com"}); err == nil {
		t.Error("a name was taken for a proxy's address")
	}
}
