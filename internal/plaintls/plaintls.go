// Package plaintls serves plain connections and TLS on one port: the first byte
// that a client sends tells. It knows nothing of what is spoken inside.
package plaintls

import (
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// firstByteTimeout bounds the wait for a connection's first byte. Waiting
// connections are not counted: a limit would let whoever opens as many shut
// everybody else out.
const firstByteTimeout = 10 * time.Second

// recordTypeHandshake begins every TLS connection (RFC 8446, 5.1) and no HTTP request.
const recordTypeHandshake = 0x16

// Split accepts from l and returns two listeners: plain yields the connections
// that do not begin a TLS handshake, secure those that do. Closing l ends both.
// The connections are l's own, so that what works on them (sendfile) still does.
func Split(l net.Listener) (plain, secure net.Listener) {
	s := &splitter{
		inner: l, done: make(chan struct{}), plain: make(chan net.Conn), secure: make(chan net.Conn),
	}
	go s.accept()
	return &half{s, s.plain}, &half{s, s.secure}
}

type splitter struct {
	inner         net.Listener
	plain, secure chan net.Conn
	done          chan struct{} // closed when inner accepts no more
	err           error         // why; set before done is closed
	once          sync.Once
}

func (s *splitter) accept() {
	for {
		conn, err := s.inner.Accept()
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ECONNABORTED) {
				time.Sleep(10 * time.Millisecond) // passes; what is open now will be closed
				continue
			}
			s.err = err
			close(s.done)
			return
		}
		go s.decide(conn)
	}
}

func (s *splitter) decide(conn net.Conn) {
	first, err := peek(conn)
	if err != nil {
		conn.Close()
		return
	}
	to := s.plain
	if first == recordTypeHandshake {
		to = s.secure
	}
	select {
	case to <- conn:
	case <-s.done:
		conn.Close()
	}
}

// peek looks at the first byte and leaves it where it is.
func peek(conn net.Conn) (byte, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return 0, errors.New("plaintls: not a TCP connection")
	}
	if err := tcp.SetReadDeadline(time.Now().Add(firstByteTimeout)); err != nil {
		return 0, err
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	var b [1]byte
	var n int
	var recvErr error
	err = raw.Read(func(fd uintptr) bool {
		n, _, recvErr = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK)
		return recvErr != unix.EAGAIN && recvErr != unix.EINTR
	})
	if err != nil {
		return 0, err
	}
	if recvErr != nil {
		return 0, recvErr
	}
	if n == 0 {
		return 0, errors.New("plaintls: closed before the first byte")
	}
	return b[0], tcp.SetReadDeadline(time.Time{})
}

// half is one of the two listeners.
type half struct {
	s     *splitter
	conns chan net.Conn
}

func (h *half) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.s.done:
		return nil, h.s.err
	}
}

func (h *half) Close() (err error) {
	h.s.once.Do(func() { err = h.s.inner.Close() })
	return err
}

func (h *half) Addr() net.Addr { return h.s.inner.Addr() }
