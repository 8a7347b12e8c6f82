package idtoken

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
)

const (
	maxAnswer  = 512 << 10
	maxHeaders = 64 << 10
)

var (
	errPinned  = errors.New("no certificate of the chain has one of the fingerprints")
	errPrivate = errors.New("the address is not a public one")
	errScheme  = errors.New("the URL is not https")
	errTooLong = errors.New("the answer is too long")
)

// discover returns the keys of an issuer.
func (v *Verifier) discover(ctx context.Context, issuer string, fingerprints []string) ([]jose.JSONWebKey, *Error) {
	keys, err := v.ask(ctx, issuer, fingerprints)
	if err == nil {
		return keys, nil
	}
	reason := Unavailable
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) || errors.Is(err, errPinned) {
		reason = BadCertificate
	}
	return nil, &Error{Reason: reason, Err: briefError{err}}
}

// briefError bounds the text of an error, which may repeat what an issuer
// answered: it goes into a log for every token that is refused by it.
type briefError struct{ error }

const maxErrorText = 300

func (e briefError) Error() string {
	text := e.error.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxErrorText)], "")
}

func (e briefError) Unwrap() error { return e.error }

func (v *Verifier) ask(ctx context.Context, issuer string, fingerprints []string) ([]jose.JSONWebKey, error) {
	client, err := v.client(issuer, fingerprints)
	if err != nil {
		return nil, err
	}
	// It compares the issuer in the document with the one that was asked.
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, document.Keys, nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", document.Keys, answer.Status)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return parseKeys(text)
}

// client is good for one visit of an issuer, and leaves no connection behind.
func (v *Verifier) client(issuer string, fingerprints []string) (*http.Client, error) {
	u, err := parseIssuer(issuer)
	if err != nil {
		return nil, err
	}
	g := &guard{fingerprints: fingerprints}
	if v.local[issuer] {
		g.local = net.JoinHostPort(u.Hostname(), portOf(u))
		g.plain = u.Scheme == "http"
	}
	g.transport = &http.Transport{
		// No proxy: it would connect to addresses that are never seen here.
		Proxy:                  nil,
		DialContext:            g.dial,
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  5 * time.Second,
		MaxResponseHeaderBytes: maxHeaders,
		TLSClientConfig:        &tls.Config{RootCAs: v.Roots, MinVersion: tls.VersionTLS12, VerifyConnection: g.verify},
	}
	return &http.Client{
		Transport: g,
		Timeout:   fetchTimeout,
		// A redirect is an answer like any other that is not 200: an issuer is where it says.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// guard lets through what an issuer may be asked, and bounds what it answers.
type guard struct {
	transport    *http.Transport
	local        string // HOST:PORT that may have any address; empty: none may
	plain        bool   // local is spoken to without TLS
	fingerprints []string
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	atHome := g.local == net.JoinHostPort(r.URL.Hostname(), portOf(r.URL))
	if r.URL.Scheme != "https" && !(r.URL.Scheme == "http" && g.plain && atHome) {
		return nil, errScheme
	}
	if r.URL.Scheme == "http" && len(g.fingerprints) > 0 {
		return nil, errPinned // there is no certificate
	}
	answer, err := g.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &boundedBody{answer.Body, maxAnswer}
	return answer, nil
}

// dial connects. What a name resolves to is looked at when it has been resolved,
// so that no second answer of a name server can be another one.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	d.Control = func(_, resolved string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		atHome := address == g.local
		if atHome && !g.plain || atHome && at.Addr().Unmap().IsLoopback() || !atHome && public(at.Addr()) {
			return nil
		}
		return errPrivate
	}
	return d.DialContext(ctx, network, address)
}

// verify asks for a fingerprint in a chain that has been found good: they narrow
// what is trusted, and replace nothing.
func (g *guard) verify(state tls.ConnectionState) error {
	if len(g.fingerprints) == 0 {
		return nil
	}
	for _, chain := range state.VerifiedChains {
		if slices.ContainsFunc(chain, g.pinned) {
			return nil
		}
	}
	return errPinned
}

func (g *guard) pinned(c *x509.Certificate) bool {
	// SHA-1 is what fingerprints are; finding another certificate for a given one is
	// beyond what is known against it, and the chain has to be good as well.
	sum := sha1.Sum(c.Raw)
	return slices.Contains(g.fingerprints, hex.EncodeToString(sum[:]))
}

// boundedBody fails where an answer becomes too long, so that no half of one is
// taken for the whole.
type boundedBody struct {
	io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// parseIssuer reads the URL of an issuer (OpenID Connect Discovery, section 3: no
// query and no fragment).
func parseIssuer(issuer string) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Opaque != "" ||
		strings.ContainsAny(issuer, "?#\\ ") {
		return nil, fmt.Errorf("issuer %q: write it as https://idp.example.com", issuer)
	}
	return u, nil
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// reserved are networks that are not the internet's although they look like it
// (IANA special-purpose registries). The metadata service of the vendor's own
// machines is in 100.64.0.0/10; the last four carry addresses of others.
var reserved = func() (list []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"100::/64", "2001:db8::/32", "fec0::/10", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
	} {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}()

func public(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(address) })
}
