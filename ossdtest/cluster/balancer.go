package cluster

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// newBalancer spreads requests over backends, in turn. One that cannot be connected to is
// passed over. It changes nothing that is signed: neither the host nor the path.
func newBalancer(backends []string) http.Handler {
	transport := &turns{backends: backends, inner: &http.Transport{
		MaxIdleConnsPerHost: 256, DisableCompression: true, ExpectContinueTimeout: time.Second,
		DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
	}}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", backends[0] // the transport chooses
			r.Out.Host = r.In.Host
		},
		Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
	}
}

type turns struct {
	backends []string
	next     atomic.Uint64
	inner    http.RoundTripper
}

func (t *turns) RoundTrip(r *http.Request) (res *http.Response, err error) {
	first := t.next.Add(1)
	for i := range t.backends {
		out := r.Clone(r.Context())
		out.URL.Host = t.backends[(int(first)+i)%len(t.backends)]
		res, err = t.inner.RoundTrip(out)
		var dial *net.OpError
		if err == nil || !errors.As(err, &dial) || dial.Op != "dial" { // the body has not been touched
			return res, err
		}
	}
	return res, err
}
