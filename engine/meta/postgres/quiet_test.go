package postgres

import (
	"net"
	"testing"
	"time"
)

func TestQuiet(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, disturb := range map[string]func(server net.Conn) error{
		"closed":       net.Conn.Close,
		"spoken to":    func(server net.Conn) error { _, err := server.Write([]byte("x")); return err },
		"reset":        func(server net.Conn) error { server.(*net.TCPConn).SetLinger(0); return server.Close() },
		"read already": nil,
	} {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if disturb == nil { // a reader who waits must not make it wait as well
			go client.Read(make([]byte, 1))
		}
		if !quiet(client) {
			t.Errorf("%s: not quiet, before anything happened", name)
		}
		if disturb != nil {
			if err := disturb(server); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); quiet(client); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%s: nothing was noticed", name)
				}
			}
		}
		client.Close()
		server.Close()
	}
}
