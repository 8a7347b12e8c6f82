package postgres

import (
	"net"
	"testing"
	"time"
)

// connected returns both ends of a connection.
func connected(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// becomes waits for what the network will soon have done.
func becomes(t *testing.T, conn net.Conn, want bool) {
	t.Helper()
	for begun := time.Now(); quiet(conn) != want; time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("quiet is %v, want %v", !want, want)
		}
	}
}

func TestQuiet(t *testing.T) {
	client, server := connected(t)
	becomes(t, client, true)
	if _, err := server.Write([]byte("the server shuts down")); err != nil {
		t.Fatal(err)
	}
	becomes(t, client, false)

	client, server = connected(t)
	server.Close()
	becomes(t, client, false)
}

// Whoever still reads from a connection keeps nobody from asking.
func TestQuietBesideReader(t *testing.T) {
	client, server := connected(t)
	reading := make(chan error)
	go func() {
		_, err := client.Read(make([]byte, 1))
		reading <- err
	}()
	for range 100 { // the reader may come late
		asked := make(chan bool)
		go func() { asked <- quiet(client) }()
		select {
		case <-asked:
		case <-time.After(10 * time.Second):
			t.Fatal("it waits for the reader")
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := <-reading; err != nil {
		t.Error("the reader was disturbed: ", err)
	}
}
