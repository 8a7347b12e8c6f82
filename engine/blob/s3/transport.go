package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// errStalled ends a request of which no byte came or went for too long.
var errStalled = errors.New("blob/s3: the store did not answer in time")

// copying is how many times more patience a request gets for which the store
// has to copy whole objects before it answers.
const copying = 10

// transport sends requests, counts them, gives those up that stall, and sees from
// the answers how much the store's clock differs.
type transport struct {
	base    *http.Transport
	stall   time.Duration
	metrics *metrics
	skew    atomic.Int64 // nanoseconds that the store's clock is ahead
}

func newTransport(c Config, trust *tls.Config, m *metrics) *transport {
	return &transport{stall: c.Stall, metrics: m, base: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: min(c.Stall, 10*time.Second)}).DialContext,
		TLSClientConfig:     trust,
		TLSHandshakeTimeout: min(c.Stall, 10*time.Second),
		MaxConnsPerHost:     c.MaxConnections,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // what is stored is what is checked
	}}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	kind, patience := kindOf(req), t.stall
	if kind == completeUpload || kind == copyPart {
		patience *= copying
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{patience: patience, cancel: cancel, metrics: t.metrics}
	w.timer = time.AfterFunc(patience, func() { cancel(errStalled) })
	req = req.WithContext(ctx)
	if req.Body != nil {
		req.Body = &sending{req.Body, w}
	}
	res, err := t.base.RoundTrip(req)
	w.timer.Stop()
	t.metrics.count(kind, res, err)
	if err != nil {
		err = w.explain(ctx, err)
		cancel(nil)
		return nil, err
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		t.skew.Store(int64(time.Until(date)))
	}
	res.Body = &receiving{res.Body, w, ctx}
	return res, nil
}

// watch ends a request in whose body, either way, nothing moves. It runs only
// while the store is waited for, not while a slow reader is.
type watch struct {
	patience time.Duration
	timer    *time.Timer
	cancel   context.CancelCauseFunc
	metrics  *metrics
}

func (*watch) explain(ctx context.Context, err error) error {
	if err != io.EOF && context.Cause(ctx) == errStalled {
		return errStalled
	}
	return err
}

// sending is a request's body. Each piece that the connection takes is a sign of life.
type sending struct {
	io.ReadCloser
	*watch
}

func (s *sending) Read(p []byte) (int, error) {
	s.timer.Reset(s.patience)
	n, err := s.ReadCloser.Read(p)
	s.metrics.sent.Add(float64(n))
	return n, err
}

// receiving is an answer's body.
type receiving struct {
	io.ReadCloser
	*watch
	ctx context.Context
}

func (r *receiving) Read(p []byte) (int, error) {
	r.timer.Reset(r.patience)
	n, err := r.ReadCloser.Read(p)
	r.timer.Stop()
	r.metrics.received.Add(float64(n))
	return n, r.explain(r.ctx, err)
}

func (r *receiving) Close() error {
	err := r.ReadCloser.Close()
	r.timer.Stop()
	r.cancel(nil)
	return err
}
