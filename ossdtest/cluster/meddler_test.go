//go:build cluster && linux

package cluster

import (
	"bytes"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// meddler stands between nodes and the S3 store.
type meddler struct {
	pass  http.Handler
	fault atomic.Pointer[func(m *meddler, w http.ResponseWriter, r *http.Request)]
}

func (m *meddler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := m.fault.Load(); f != nil {
		(*f)(m, w, r)
		return
	}
	m.pass.ServeHTTP(w, r)
}

// refuses answers as a store that has too much to do: the more, the larger the share of 4.
func refuses(share int) func(*meddler, http.ResponseWriter, *http.Request) {
	return func(m *meddler, w http.ResponseWriter, r *http.Request) {
		if rand.IntN(4) >= share {
			m.pass.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // whatever came of it
		status := []int{500, 502, 503, 503}[rand.IntN(4)]
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if status == 503 {
			_, _ = io.WriteString(w, "<Error><Code>SlowDown</Code><Message>later</Message></Error>")
		}
	}
}

// cuts ends every other request in the middle of its body, or of its answer's, or
// after it has had its effect.
func cuts(m *meddler, w http.ResponseWriter, r *http.Request) {
	if rand.IntN(2) == 0 {
		m.pass.ServeHTTP(w, r)
		return
	}
	if r.Method == http.MethodPut && rand.IntN(2) == 0 {
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2) // whatever came of it
		panic(http.ErrAbortHandler)
	}
	answer := httptest.NewRecorder()
	m.pass.ServeHTTP(answer, r)
	if r.Method == http.MethodGet {
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = io.Copy(w, bytes.NewReader(answer.Body.Bytes()[:answer.Body.Len()/2])) // the rest never comes
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// meddled lets faults happen one after the other, each for a time, to nodes that were restarted
// to reach the store through a meddler, one by one as in an upgrade.
func meddled(lasts time.Duration, faults ...func(*meddler, http.ResponseWriter, *http.Request)) func(*testing.T, *trial) error {
	return func(_ *testing.T, tr *trial) error {
		to, err := url.Parse(tr.cl.Store.Endpoint)
		if err != nil {
			return err
		}
		quiet := log.New(io.Discard, "", 0)
		m := &meddler{pass: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Host = r.In.Host // which is signed
			},
			Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}, ErrorLog: quiet,
		}}
		l, err := net.Listen("tcp", tr.here.Address+":0")
		if err != nil {
			return err
		}
		front := &http.Server{Handler: m, ErrorLog: quiet}
		go front.Serve(l)
		err = tr.move(tr.cl.BlobsURL("http://" + l.Addr().String()))
		for _, f := range faults {
			m.fault.Store(&f)
			time.Sleep(lasts)
		}
		m.fault.Store(nil)
		return errors.Join(err, tr.move(tr.cl.BlobsURL(tr.cl.Store.Endpoint)), front.Close())
	}
}

// move restarts the nodes, each in order, with another way to the store.
func (tr *trial) move(blobs string) error {
	var errs []error
	for _, n := range tr.cl.Nodes {
		errs = append(errs, n.Stop())
		n.Elsewhere(tr.cl.Postgres.URL(), blobs)
		errs = append(errs, n.Start())
	}
	return errors.Join(errs...)
}
