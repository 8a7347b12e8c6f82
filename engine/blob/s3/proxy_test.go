package s3

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"ossd/engine/blob/s3/s3test"
)

// proxy stands between a store and the server, and meddles.
type proxy struct {
	next *httputil.ReverseProxy
	host string

	mu    sync.Mutex
	seen  map[string]int // requests by kind
	fault fault
}

// fault may answer a request itself, or change what the server answers: then it
// returns true.
type fault func(kind string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool

// newProxy starts one. Its URL is an endpoint; requests keep the Host that was signed.
func newProxy(t testing.TB, server *s3test.Server) (*proxy, string) {
	to, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{seen: map[string]int{}}
	p.next = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { w.WriteHeader(http.StatusBadGateway) },
	}
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	return p, front.URL
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := kindOf(r)
	p.mu.Lock()
	p.seen[kind]++
	fault := p.fault
	p.mu.Unlock()
	if fault == nil || !fault(kind, w, r, p.next) {
		p.next.ServeHTTP(w, r)
	}
}

// meddle sets the fault, and forgets what was seen.
func (p *proxy) meddle(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.seen = f, map[string]int{}
}

func (p *proxy) count(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[kind]
}

// first makes a fault of the first n requests of a kind.
func first(n int, kind string, f fault) fault {
	var mu sync.Mutex
	return func(k string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
		mu.Lock()
		mine := k == kind && n > 0
		if mine {
			n--
		}
		mu.Unlock()
		return mine && f(k, w, r, pass)
	}
}

const always = 1 << 30

// answer refuses as S3 does.
func answer(status int, code string) fault {
	return func(_ string, w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		io.WriteString(w, "<Error><Code>"+code+"</Code><Message>no</Message></Error>")
		return true
	}
}

// lose lets the server act, and cuts the connection instead of answering.
func lose(_ string, _ http.ResponseWriter, r *http.Request, pass http.Handler) bool {
	pass.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// refuse cuts the connection before anything happens.
func refuse(string, http.ResponseWriter, *http.Request, http.Handler) bool {
	panic(http.ErrAbortHandler)
}

// hang does not answer until the client is gone.
func hang(_ string, _ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	io.Copy(io.Discard, r.Body) // else nobody notices that the client goes
	<-r.Context().Done()
	return true
}

// body changes what the server answers: content is what is sent, announced as long
// as it was. Then the connection is cut, or stalls.
func body(change func([]byte) []byte, stall bool) fault {
	return func(_ string, w http.ResponseWriter, r *http.Request, pass http.Handler) bool {
		rec := httptest.NewRecorder()
		pass.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		io.Copy(w, bytes.NewReader(change(rec.Body.Bytes())))
		if stall {
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
		return true
	}
}

// half is the first half.
func half(b []byte) []byte { return b[:len(b)/2] }

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
