package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// balance starts a balancer in front of a backend, and of an address where nobody listens.
func balance(t *testing.T, backend string) (address string) {
	t.Helper()
	nobody, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	b := newBalancer([]string{nobody, backend})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.serve(l)
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// What was signed arrives as it was sent, also at the second try, and names of answers are spelled
// as SDKs look for them.
func TestBalancerChangesNothing(t *testing.T) {
	const target, content = "/b/a%2fb//c?acl&x=1;2&bad=%zz&y=a+b", "some content"
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != content || r.RequestURI != target || r.Host != "b.example.com" || r.Header.Get("X-Forwarded-For") != "" {
			t.Errorf("%q for %s of %s, %v, header %v", body, r.RequestURI, r.Host, err, r.Header)
		}
		w.Header()["x-oss-meta-Color"] = []string{"blue"}
		w.Header()["ETag"] = []string{`"1"`}
	}))
	t.Cleanup(node.Close)
	address := balance(t, node.Listener.Addr().String())
	for range 4 { // each backend has its turn
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: b.example.com\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", target, len(content), content)
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 200") || !strings.Contains(string(text), "\r\nx-oss-meta-color: blue\r\n") || !strings.Contains(string(text), "\r\nETag: ") {
			t.Errorf("%q, %v", text, err)
		}
		conn.Close()
	}
}

// A node refuses before it has read the body: the answer arrives at once and whole, and the
// connection is good for another request.
func TestBalancerKeepsEarlyAnswers(t *testing.T) {
	const content = "defaced"
	answer := bytes.Repeat([]byte("refused "), 10_000)
	node, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.Close() })
	go func() {
		for {
			conn, err := node.Accept()
			if err != nil {
				return
			}
			go refuse(conn, answer, len(content))
		}
	}()
	conn, err := net.Dial("tcp", balance(t, node.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	answers := bufio.NewReader(conn)
	for i := range 20 {
		fmt.Fprintf(conn, "PUT /b/k HTTP/1.1\r\nHost: b.example.com\r\nContent-Length: %d\r\n\r\n", len(content))
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if i%2 == 0 {
			fmt.Fprint(conn, content)
		}
		got, err := io.ReadAll(res.Body)
		if i%2 == 1 {
			fmt.Fprint(conn, content)
		}
		if err != nil || !bytes.Equal(got, answer) {
			t.Fatalf("request %d: %d bytes of %d, %v", i, len(got), len(answer), err)
		}
	}
}

// refuse answers the requests of a connection before it reads their bodies.
func refuse(conn net.Conn, answer []byte, body int) {
	defer conn.Close()
	for requests := bufio.NewReader(conn); ; {
		line, err := requests.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			fmt.Fprintf(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
			requests.Discard(body)
		}
	}
}
