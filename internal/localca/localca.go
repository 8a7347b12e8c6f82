// Package localca is a certificate authority for one machine: it is made on
// first use, kept in a folder, and signs a certificate for each allowed name
// when a client asks for it. It knows nothing of what is served under a name.
package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ossd/internal/durable"
)

const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
	renewAt  = 30 * 24 * time.Hour // left of a leaf's life when it is made anew
	maxCache = 1024                // leaves; the cache is dropped when it is full
)

// Authority signs certificates. Its methods may be called from many goroutines.
type Authority struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	allows func(name string) bool

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // guarded by mu
}

// Open loads the authority from dir, or makes it: ca.pem, which clients are to
// trust, and ca.key (0600). allows says for which host names it may sign;
// loopback addresses and "localhost" always get a certificate.
func Open(dir string, allows func(name string) bool) (*Authority, error) {
	certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	a, err := load(certFile, keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		a, err = create(certFile, keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("local certificate authority in %s: %w", dir, err)
	}
	a.allows, a.leaves = allows, map[string]*tls.Certificate{}
	return a, nil
}

func load(certFile, keyFile string) (*Authority, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("ca.key is not an ECDSA key")
	}
	return &Authority{cert: pair.Leaf, key: key}, nil
}

func create(certFile, keyFile string) (*Authority, error) {
	if err := os.MkdirAll(filepath.Dir(certFile), 0o700); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := template(caLife)
	if err != nil {
		return nil, err
	}
	template.Subject = pkix.Name{CommonName: "ossd local authority"}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The certificate comes last: where it exists, its key does.
	if err := durable.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return nil, err
	}
	if err := durable.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return nil, err
	}
	return load(certFile, keyFile)
}

func template(life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life)}, nil
}

// Certificate is made for tls.Config.GetCertificate.
func (a *Authority) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	if name == "" && hello.Conn != nil { // clients that dial an address send no name
		if host, _, err := net.SplitHostPort(hello.Conn.LocalAddr().String()); err == nil {
			name = host
		}
	}
	if !isLocal(name) && !a.allows(name) {
		return nil, fmt.Errorf("localca: no certificate for the name %q", name)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[name]; leaf != nil && time.Until(leaf.Leaf.NotAfter) > renewAt {
		return leaf, nil
	}
	leaf, err := a.sign(name)
	if err != nil {
		return nil, err
	}
	if len(a.leaves) >= maxCache {
		clear(a.leaves)
	}
	a.leaves[name] = leaf
	return leaf, nil
}

// isLocal tells whether a name or address can only mean this machine: an
// address that a client dialled and reached is this machine's.
func isLocal(name string) bool { return name == "localhost" || net.ParseIP(name) != nil }

func (a *Authority) sign(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t, err := template(leafLife)
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if ip := net.ParseIP(name); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
