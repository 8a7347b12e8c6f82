// Package ossdtest starts a whole server inside a Go test, in one line: real
// protocols and rules on engines in memory, or in a directory. It is for tests
// of this project and of programs that use OSS, STS or RAM; it serves nobody else.
package ossdtest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"ossd/access"
	blobmemory "ossd/engine/blob/memory"
	metamemory "ossd/engine/meta/memory"
	"ossd/server"
)

// The account that every server has, and its key.
const (
	AccountID       = "1234567890123456"
	AccessKeyID     = "LTAIossdtestRootKey00001"
	AccessKeySecret = "ossdtestRootSecret000000000001"
	Region          = "cn-hangzhou"
	// Domain addresses buckets as bucket.Domain in the Host header.
	Domain = "oss-cn-hangzhou.aliyuncs.com"
)

// Server is a running server. It ends with the test.
type Server struct {
	URL  string // "http://127.0.0.1:PORT": OSS, STS and RAM
	Addr string // "127.0.0.1:PORT"

	stop  func()
	inner *server.Server
}

// Options changes what Start starts. The zero value is a server in memory.
type Options struct {
	Declaration string           // YAML: accounts, users, roles, policies, buckets to begin with
	Data        string           // directory for the real engines
	Now         func() time.Time // clock of the server
	Wrap        func(*server.Config)
}

// Start runs a server until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	c := server.Config{
		Data: o.Data, Now: o.Now, Region: Region, Domains: []string{Domain},
		AccountID: AccountID, AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret,
		MasterKey: []byte("ossdtest master key of 32 bytes!"),
		Log:       slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if o.Data == "" {
		c.Rows, c.Blobs = metamemory.New(), blobmemory.New()
	}
	if o.Declaration != "" {
		d, err := access.ParseDeclaration([]byte(o.Declaration))
		if err != nil {
			t.Fatal(err)
		}
		c.Declaration = &d
	}
	if o.Wrap != nil {
		o.Wrap(&c)
	}
	s, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Not the test's own context: it ends before the cleanups run, and the
	// server must outlive whatever they still ask of it.
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	running := &Server{URL: "http://" + l.Addr().String(), Addr: l.Addr().String(), inner: s}
	running.stop = func() {
		cancel()
		if err := <-served; err != nil && err != http.ErrServerClosed {
			t.Errorf("the server ended with %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	}
	t.Cleanup(running.Stop)
	return running
}

// Stop ends the server early. It may be called again.
func (s *Server) Stop() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// Handler answers requests without a connection, as fast as the server itself.
func (s *Server) Handler() http.Handler { return s.inner.Handler() }
