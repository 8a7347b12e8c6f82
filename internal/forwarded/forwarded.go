// Package forwarded puts a request that came through a proxy, or under another
// URL than the server knows itself by, back into the shape that the client sent.
// It knows addresses and paths, and nothing of what a request means.
package forwarded

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Restorer knows under which URLs clients reach the server, and which proxies
// may say who the client is.
type Restorer struct {
	bases   map[string]string // host, lower case → path that its URLs begin with, no trailing slash
	proxies []netip.Prefix
}

// New reads public endpoints ("https://files.example.com/storage") and the
// addresses or networks of trusted proxies. hosts are the endpoints' host names.
func New(endpoints, proxies []string) (f *Restorer, hosts []string, err error) {
	f = &Restorer{bases: map[string]string{}}
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
	f.proxies, err = Networks(proxies)
	return f, hosts, err
}

// Networks reads addresses and networks ("10.0.0.1", "fd00::/8").
func Networks(list []string) (networks []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if addr, aerr := netip.ParseAddr(text); aerr == nil {
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("network %q: write it as 10.0.0.1 or 10.0.0.0/8", text)
		}
		networks = append(networks, p)
	}
	return networks, nil
}

// Restore makes r what the client sent. Forwarding headers count only when the
// peer is a trusted proxy: anybody else could claim any address. Where a proxy
// says something about the client that cannot be read, the client is unknown
// (RemoteAddr is empty): it must not pass for the proxy.
func (f *Restorer) Restore(r *http.Request) {
	if f.trusts(Client(r)) {
		if chain := r.Header.Values("X-Forwarded-For"); len(chain) > 0 {
			r.RemoteAddr = ""
			if client := f.client(chain); client.IsValid() {
				r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
			}
		}
		if host := last(r.Header.Values("X-Forwarded-Host")); host != "" {
			r.Host = host
		}
		switch strings.ToLower(last(r.Header.Values("X-Forwarded-Proto"))) {
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

// last is what the nearest proxy said: values before it are somebody else's.
func last(values []string) string {
	all := strings.Split(strings.Join(values, ","), ",")
	return strings.TrimSpace(all[len(all)-1])
}

// client is the last address of the chain that no trusted proxy has: what lies
// to its left is the client's own say. If all are proxies', it is the first.
func (f *Restorer) client(chain []string) netip.Addr {
	hops := strings.Split(strings.Join(chain, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr := parseHop(strings.TrimSpace(hops[i]))
		if !addr.IsValid() || i == 0 || !f.trusts(addr) {
			return addr
		}
	}
	return netip.Addr{}
}

// parseHop reads an address as proxies write it, some with the port.
func parseHop(text string) netip.Addr {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addr.Unmap()
	}
	hop, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.Addr{}
	}
	return hop.Addr().Unmap()
}

func (f *Restorer) trusts(addr netip.Addr) bool {
	for _, p := range f.proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// Client is the address that a request came from, or the zero Addr if it is unknown.
func Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap()
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
