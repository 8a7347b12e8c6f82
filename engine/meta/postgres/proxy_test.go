package postgres

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"ossd/engine/meta/postgres/postgrestest"
)

// proxy stands between a store and its server, and does what networks do.
type proxy struct {
	listener net.Listener
	server   string

	// silent: nothing is forwarded any more, in either direction, and no connection is closed.
	silent atomic.Bool
	// mute: what the clients send arrives, and what the server answers does not; then the connection is cut.
	mute atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// newProxy returns a proxy of a server, and the URL by which it is found.
func newProxy(t *testing.T, server *postgrestest.Server) (*proxy, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: server.Address()}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.wg.Wait()
	})
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.wg.Go(func() { p.forward(server, client, false) })
		p.wg.Go(func() { p.forward(client, server, true) })
	}
}

func (p *proxy) forward(to, from net.Conn, answers bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if p.silent.Load() && !errors.Is(err, net.ErrClosed) && err == nil {
			continue
		}
		if err == nil && answers && p.mute.Load() {
			err = io.EOF
		}
		if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			to.Close()
			from.Close()
			return
		}
	}
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}
