package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
)

// startBare starts this program once more, as a server that answers every request with as many bytes.
func startBare(size int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start("ready", exec.Command(self, "bare", strconv.Itoa(size)))
}

// bare is that server: the least that a handler of net/http can do.
func bare() {
	size, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	content := make([]byte, size)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", l.Addr())
	panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/octet-stream"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(content))}
		w.Write(content)
	})))
}

// plainGet asks a server that wants no signature.
func plainGet(p *process, path string) request {
	return request{head: []byte("GET " + path + " HTTP/1.1\r\nHost: " + p.address + "\r\n\r\n")}
}
