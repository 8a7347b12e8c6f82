package oss_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// BenchmarkSignedURLGet reads an object of 4 KiB by a signed URL over one
// connection, on the engines of a real server. The time includes the client's;
// make bench tells the server's share.
func BenchmarkSignedURLGet(b *testing.B) {
	for _, scheme := range []signature.Scheme{signature.V1URL, signature.V4URL} {
		b.Run(string(scheme), func(b *testing.B) {
			s := ossdtest.Start(b, ossdtest.Options{Data: b.TempDir()})
			put(b, s, "PUT", "/bench", "")
			put(b, s, "PUT", "/bench/object", strings.Repeat("x", 4096))
			target := signTarget(b, s, scheme, "GET", "/bench/object")
			c, err := net.Dial("tcp", s.Addr)
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			in := bufio.NewReaderSize(c, 16<<10)
			request := []byte("GET " + target + " HTTP/1.1\r\nHost: " + s.Addr + "\r\n\r\n")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				resp, err := http.ReadResponse(in, nil)
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, resp.Body)
				if err != nil || n != 4096 || resp.StatusCode != 200 {
					b.Fatal(resp.Status, n, err)
				}
			}
		})
	}
}

func put(b testing.TB, s *ossdtest.Server, method, target, body string) {
	b.Helper()
	r, err := http.NewRequest(method, s.URL+signTarget(b, s, signature.V4URL, method, target), strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		b.Fatal(method, target, resp.Status)
	}
}

func signTarget(tb testing.TB, s *ossdtest.Server, scheme signature.Scheme, method, target string) string {
	tb.Helper()
	return sign(tb, request{method: method, host: s.Addr, target: target, as: "root", scheme: scheme})
}
