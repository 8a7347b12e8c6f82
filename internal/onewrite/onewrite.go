// Package onewrite joins the writes of an HTTP/1 response into one system call.
// It knows nothing of HTTP but its rhythm: who has answered reads again.
//
// net/http flushes the head of a response and the end of its body apart, since
// its buffer holds 4 KiB. A connection of this package holds a small write back
// until another follows, which then goes out together with it, or until its
// owner reads, closes, or hands over to the kernel. An owner that waits for the
// other side always does one of these.
package onewrite

import (
	"io"
	"net"
	"sync"
	"time"
)

// maxHeld is the largest write that is held back, in bytes.
const maxHeld = 8 << 10

// flushTimeout bounds a flush that a read causes: the owner's own deadline for
// writing may be gone by then.
const flushTimeout = time.Minute

// Listener accepts connections of l with joined writes. What is no TCP
// connection is left as it is.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp}, nil
	}
	return c, nil
}

type conn struct {
	*net.TCPConn

	mu   sync.Mutex // a server reads in the background while it writes
	held *[]byte    // guarded by mu; nil: nothing is held
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, maxHeld); return &b }}

// Write implements net.Conn. An error of a write that was held back is reported
// by the call that sends it.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		if len(p) > maxHeld {
			return c.TCPConn.Write(p)
		}
		c.held = buffers.Get().(*[]byte)
		*c.held = append((*c.held)[:0], p...)
		return len(p), nil
	}
	both := net.Buffers{*c.held, p}
	n, err := both.WriteTo(c.TCPConn)
	n -= int64(len(*c.held))
	c.release()
	return int(max(n, 0)), err
}

// flush sends what is held. It must be called with mu held.
func (c *conn) flush() error {
	if c.held == nil {
		return nil
	}
	_, err := c.TCPConn.Write(*c.held)
	c.release()
	return err
}

func (c *conn) release() {
	buffers.Put(c.held)
	c.held = nil
}

func (c *conn) Read(p []byte) (int, error) {
	if err := c.flushForRead(); err != nil {
		return 0, err
	}
	return c.TCPConn.Read(p)
}

func (c *conn) flushForRead() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return nil
	}
	if err := c.SetWriteDeadline(time.Now().Add(flushTimeout)); err != nil {
		return err
	}
	return c.flush()
}

// ReadFrom lets the kernel copy from a file (sendfile).
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.TCPConn.ReadFrom(r)
}

func (c *conn) CloseWrite() error {
	if err := c.flushForRead(); err != nil {
		return err
	}
	return c.TCPConn.CloseWrite()
}

func (c *conn) Close() error {
	// A writer may be blocked with the lock held; only Close can end it.
	if c.mu.TryLock() {
		if c.held != nil && c.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
			_ = c.flush() // the connection is going away; there is nobody to tell
		}
		c.mu.Unlock()
	}
	return c.TCPConn.Close()
}
