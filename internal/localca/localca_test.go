package localca_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"ossd/internal/localca"
)

func open(t *testing.T, dir string) *localca.Authority {
	t.Helper()
	a, err := localca.Open(dir, func(name string) bool { return name == "bucket.oss.example.com" })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What it signs is trusted through ca.pem, also after the authority was opened anew.
func TestSigned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	open(t, dir)
	a := open(t, dir)
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("ca.pem holds no certificate")
	}
	for _, name := range []string{"bucket.oss.example.com", "localhost", "127.0.0.1", "::1"} {
		leaf, err := a.Certificate(&tls.ClientHelloInfo{ServerName: name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "ca.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v, %v; want mode 0600", info, err)
	}
}

// Names that are not allowed get no certificate, so the authority's key cannot be put to use for them.
func TestRefused(t *testing.T) {
	a := open(t, t.TempDir())
	for _, name := range []string{"example.org", "evil.bucket.oss.example.com", ""} {
		if _, err := a.Certificate(&tls.ClientHelloInfo{ServerName: name}); err == nil {
			t.Errorf("a certificate was signed for %q", name)
		}
	}
}
