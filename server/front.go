package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// front knows under which names clients reach the server, and which proxies
// may say who the client is. Signatures and policies speak of what the client
// sent, so a request is put back into that shape before anything looks at it.
type front struct {
	bases   map[string]string // host, lower case → path that its URLs begin with, no trailing slash
	proxies []netip.Prefix
}

// newFront reads public endpoints ("https://files.example.com/storage") and the
// networks of trusted proxies. It returns the endpoints' hosts, which are
// service domains like any other.
func newFront(endpoints, proxies []string) (f *front, hosts []string, err error) {
	f = &front{bases: map[string]string{}}
	for _, text := range endpoints {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" {
			return nil, nil, fmt.Errorf("public endpoint %q: write it as https://files.example.com or https://example.com/base", text)
		}
		host := strings.ToLower(u.Hostname())
		hosts = append(hosts, host)
		if base := strings.TrimRight(u.EscapedPath(), "/"); base != "" {
			f.bases[host] = base
		}
	}
	for _, text := range proxies {
		if addr, err := netip.ParseAddr(text); err == nil {
			text = netip.PrefixFrom(addr, addr.BitLen()).String()
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, nil, fmt.Errorf("trusted proxy %q: write it as 10.0.0.1 or 10.0.0.0/8", text)
		}
		f.proxies = append(f.proxies, p)
	}
	return f, hosts, nil
}

// restore makes r what the client sent. Forwarding headers count only when the
// peer is a trusted proxy: anybody else could claim any address.
func (f *front) restore(r *http.Request) {
	if f.trusts(peerOf(r.RemoteAddr)) {
		if client := f.client(r.Header.Values("X-Forwarded-For")); client.IsValid() {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		}
		if host := r.Header.Get("X-Forwarded-Host"); host != "" {
			r.Host = host
		}
		switch strings.ToLower(r.Header.Get("X-Forwarded-Proto")) {
		case "https":
			if r.TLS == nil {
				r.TLS = &tls.ConnectionState{} // all that is ever asked is whether there was TLS
			}
		case "http":
			r.TLS = nil
		}
	}
	if base := f.bases[hostOf(r.Host)]; base != "" {
		stripBase(r, base)
	}
}

// client is the last address of the chain that no trusted proxy has: what lies
// to its left is the client's own say.
func (f *front) client(chain []string) netip.Addr {
	hops := strings.Split(strings.Join(chain, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return netip.Addr{}
		}
		if !f.trusts(addr) || i == 0 {
			return addr.Unmap()
		}
	}
	return netip.Addr{}
}

func (f *front) trusts(addr netip.Addr) bool {
	for _, p := range f.proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

func peerOf(remote string) netip.Addr {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr()
}

func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

// stripBase takes the base from a path, if the proxy has not done so. A path
// that only resembles it stays.
func stripBase(r *http.Request, base string) {
	rest, ok := strings.CutPrefix(r.RequestURI, base)
	if !ok || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return
	}
	if rest == "" || rest[0] == '?' {
		rest = "/" + rest
	}
	u, err := url.ParseRequestURI(rest)
	if err != nil {
		return
	}
	r.RequestURI, r.URL = rest, u
}
