package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"ossd/internal/onewrite"
	"ossd/internal/plaintls"
)

// Limits of a connection. Bodies and answers have their own, see protocol/oss.
const (
	headerTimeout  = 30 * time.Second
	idleTimeout    = 3 * time.Minute
	maxHeaderBytes = 64 << 10 // two tokens of the largest size, 8 KiB of metadata, and room
	drainTimeout   = 30 * time.Second
)

// Handler answers requests of all APIs.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on the listeners, plain and TLS on each, until ctx ends; then it
// lets what is under way finish, for at most half a minute.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 2*len(listeners))
	for _, l := range listeners {
		if s.tls == nil {
			go func() { ended <- srv.Serve(onewrite.Listener(l)) }()
			continue
		}
		plain, secure := plaintls.Split(l)
		go func() { ended <- srv.Serve(onewrite.Listener(plain)) }()
		go func() { ended <- srv.Serve(tls.NewListener(secure, s.tls)) }()
	}
	select {
	case err := <-ended:
		srv.Close()
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	err := srv.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.Log.Warn("some requests were cut off: they were not done in time", "waited", drainTimeout)
		err = srv.Close()
		s.await(cutTimeout)
	}
	return err
}

// cutTimeout bounds the wait for requests whose connections were closed. They end
// at their next read or write; until then the stores should not close under them.
const cutTimeout = 10 * time.Second

// await waits until no request is running, for a time at most.
func (s *Server) await(most time.Duration) {
	for end := time.Now().Add(most); s.handler.running.Load() > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// ownsName tells whether the local authority may sign for a host name: those
// of the service domains, their buckets, and those that were configured.
func (s *Server) ownsName(name string) bool {
	for _, own := range s.TLSNames {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	if _, ok := s.CNAMEs[name]; ok {
		return true
	}
	for _, domain := range append([]string{"localhost"}, s.Domains...) {
		domain = strings.ToLower(domain)
		if bucket, ok := strings.CutSuffix(name, "."+domain); name == domain || ok && !strings.Contains(bucket, ".") {
			return true
		}
	}
	return false
}
