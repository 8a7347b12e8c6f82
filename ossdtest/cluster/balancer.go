package cluster

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ossd/internal/plaintls"
)

// balancer spreads requests over backends, in turn, and TLS by the connection, since it has no
// certificate. A backend that cannot be connected to is passed over. It changes
// nothing that is signed: neither the host nor the path nor the query.
type balancer struct {
	backends []string
	next     atomic.Uint64
	inner    http.RoundTripper
	server   http.Server
	passing  context.Context // of TLS; it ends with the balancer
	stop     context.CancelFunc
}

var dialer = net.Dialer{Timeout: 2 * time.Second}

func newBalancer(backends []string) *balancer {
	b := &balancer{backends: backends, inner: &http.Transport{
		MaxIdleConnsPerHost: 256, DisableCompression: true, ExpectContinueTimeout: time.Second, DialContext: dialer.DialContext,
	}}
	b.passing, b.stop = context.WithCancel(context.Background())
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", backends[0] // RoundTrip chooses
			r.Out.URL.RawQuery = r.In.URL.RawQuery                 // what cannot be parsed would be left out, and was signed
			r.Out.Host = r.In.Host
		},
		Transport: b, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
	}
	b.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A node may refuse before it has read the body. Else the server would then take the rest of
		// the body away from the transport, which would give up the answer as well.
		control := http.NewResponseController(w)
		if err := control.EnableFullDuplex(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var reading sync.WaitGroup
		proxy.ServeHTTP(&spelled{w}, r.WithContext(context.WithValue(r.Context(), bodyReaders{}, &reading)))
		control.SetReadDeadline(time.Now().Add(time.Second)) // whoever has its answer and sends no more
		reading.Wait()
		control.SetReadDeadline(time.Time{})
	})
	return b
}

// bodyReaders is the key of the transports that still read a request's body: they may do so after
// they have answered, and the server must not read the next request meanwhile.
type bodyReaders struct{}

// body is what one try reads. It can be tried again when it was closed unread.
type body struct {
	io.Reader
	closed func()
}

func (b *body) Close() error {
	b.closed()
	return nil
}

// spelled writes the names of headers as ossd spells them, which package http cannot know: the
// Java SDK finds metadata by names in lower case only.
type spelled struct{ http.ResponseWriter }

func (w *spelled) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *spelled) WriteHeader(status int) {
	header := w.Header()
	for name, values := range header {
		if strings.HasPrefix(name, "X-Oss-") {
			delete(header, name)
			header[strings.ToLower(name)] = values
		} else if name == "Etag" {
			delete(header, name)
			header["ETag"] = values
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// serve serves plain connections and TLS, until close.
func (b *balancer) serve(l net.Listener) {
	plain, secure := plaintls.Split(l)
	go b.server.Serve(plain)
	go func() {
		for {
			c, err := secure.Accept()
			if err != nil {
				return
			}
			go b.pass(c)
		}
	}()
}

func (b *balancer) close() error {
	b.stop()
	return b.server.Close()
}

func (b *balancer) RoundTrip(r *http.Request) (res *http.Response, err error) {
	err = b.inTurn(func(backend string) error {
		out := r.Clone(r.Context())
		out.URL.Host = backend
		if r.Body != nil {
			reading := r.Context().Value(bodyReaders{}).(*sync.WaitGroup)
			reading.Add(1)
			out.Body = &body{r.Body, sync.OnceFunc(reading.Done)}
		}
		res, err = b.inner.RoundTrip(out)
		return err
	})
	return res, err
}

// pass joins a client's connection with one to a backend, until both have ended.
func (b *balancer) pass(client net.Conn) {
	defer client.Close()
	var backend net.Conn
	err := b.inTurn(func(address string) (err error) {
		backend, err = dialer.DialContext(b.passing, "tcp", address)
		return err
	})
	if err != nil {
		return
	}
	defer backend.Close()
	defer context.AfterFunc(b.passing, func() { client.Close(); backend.Close() })()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		io.Copy(client, backend)
		client.Close() // so that the other direction ends, too
	}()
	io.Copy(backend, client)
	backend.(*net.TCPConn).CloseWrite()
	<-answered
}

// inTurn tries the backends until one can be connected to.
func (b *balancer) inTurn(try func(backend string) error) (err error) {
	first := b.next.Add(1)
	for i := range b.backends {
		err = try(b.backends[(int(first)+i)%len(b.backends)])
		var dial *net.OpError
		if err == nil || !errors.As(err, &dial) || dial.Op != "dial" { // the body has not been touched
			return err
		}
	}
	return err
}
