package plaintls_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"ossd/internal/plaintls"
)

// One port answers both protocols, silent clients delay nobody, and closing ends both halves.
func TestSplit(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain, secure := plaintls.Split(l)
	// httptest brings a certificate.
	ts := httptest.NewUnstartedServer(nil)
	ts.StartTLS()
	defer ts.Close()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			io.WriteString(w, "secure")
		} else {
			io.WriteString(w, "plain")
		}
	})}
	ended := make(chan error, 2)
	go func() { ended <- srv.Serve(plain) }()
	go func() { ended <- srv.Serve(tls.NewListener(secure, &tls.Config{Certificates: ts.TLS.Certificates})) }()

	for range 1500 {
		silent, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
	}
	client := ts.Client()
	client.Timeout = 5 * time.Second
	for scheme, want := range map[string]string{"http": "plain", "https": "secure"} {
		resp, err := client.Get(scheme + "://" + l.Addr().String())
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != want {
			t.Errorf("%s answered %q, want %q", scheme, body, want)
		}
	}
	srv.Close()
	for range 2 {
		select {
		case err := <-ended:
			if err != http.ErrServerClosed {
				t.Errorf("Serve ended with %v", err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("Serve did not end")
		}
	}
}
