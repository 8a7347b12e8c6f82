package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"ossd/engine/meta"
	"ossd/internal/forwarded"
	"ossd/protocol/rpc"
	"ossd/protocol/signature"
)

// router tells the APIs apart. They share a port: where the host names a bucket,
// every path is an object's; elsewhere the path begins with a bucket, whose name
// cannot begin with a dash, so nothing below /-/ is taken from anybody.
type router struct {
	forwarded         *forwarded.Restorer
	domains           *signature.Domains
	oss, rpc, metrics http.Handler
	metricsFrom       []netip.Prefix
	probe             func(context.Context) error
	log               *slog.Logger
	running           atomic.Int64 // requests
}

// Until an API sets its own, a body must have come and an answer been taken
// within these: also those that nobody reads, which net/http does by itself.
const (
	bodyTimeout   = 30 * time.Second
	answerTimeout = 60 * time.Second
)

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rt.running.Add(1)
	defer rt.running.Add(-1)
	defer rt.recover(r)
	control := http.NewResponseController(w)
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout)) // fails only where there is no connection
	}
	_ = control.SetWriteDeadline(time.Now().Add(answerTimeout))
	// net/http takes a client that has closed its own direction for gone, but it
	// may be waiting for its answer. One that is gone makes the answer fail by itself.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	rt.forwarded.Restore(r)
	switch {
	case rt.domains.HostBucket(r.Host) != "":
		rt.oss.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/-/"):
		rt.operate(w, r)
	case rpc.Recognizes(r):
		rt.rpc.ServeHTTP(w, r)
	default:
		rt.oss.ServeHTTP(w, r)
	}
}

// recover reports a panic, which net/http would tell nobody but its debug log.
func (rt *router) recover(r *http.Request) {
	if p := recover(); p != nil {
		if p != http.ErrAbortHandler {
			rt.log.Error("a request made the server panic", "method", r.Method, "host", r.Host, "panic", p, "stack", string(debug.Stack()))
		}
		panic(http.ErrAbortHandler) // the answer cannot be trusted any more
	}
}

// operate serves what operators and their machines ask for.
func (rt *router) operate(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/-/health": // the process answers
		fmt.Fprintln(w, "ok")
	case "/-/ready": // and so do its engines
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := rt.probe(ctx); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	case "/-/metrics":
		if !rt.mayReadMetrics(r) {
			http.Error(w, "metrics are not served to this address; see --metrics-from", http.StatusForbidden)
			return
		}
		rt.metrics.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (rt *router) mayReadMetrics(r *http.Request) bool {
	client := forwarded.Client(r)
	for _, p := range rt.metricsFrom {
		if p.Contains(client) {
			return true
		}
	}
	return false
}

// probe reads a row, which fails when the engine is gone.
func (s *Server) probe(ctx context.Context) error {
	return s.Rows.View(ctx, func(rows meta.Snapshot) error {
		for _, err := range rows.Scan(nil, nil) {
			return err
		}
		return nil
	})
}
