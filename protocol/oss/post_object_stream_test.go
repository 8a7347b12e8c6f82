package oss_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"ossd/ossdtest"
	"ossd/protocol/signature"
)

// A connection that ends before the form does leaves nothing behind, wherever it ends.
func TestPostObjectConnectionEnds(t *testing.T) {
	s, clock := serveForms(t)
	u := upload{file: content, fields: signForm(t, signature.V4Form, callers["root"], clock.now(), `{"bucket":"demo"}`, field("key", "a"))}
	whole := u.body()
	inFile := strings.Index(whole, content) + len(content)/2
	head := "POST /demo HTTP/1.1\r\nHost: " + s.Addr + "\r\n" + formType
	for name, framed := range map[string]string{
		"in a field":                  head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(whole)) + whole[:100],
		"in the file":                 head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(whole)) + whole[:inFile],
		"before the last line end":    head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(whole)) + whole[:len(whole)-2],
		"in the file, in a chunk":     head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(whole)) + whole[:inFile],
		"in the file, behind a chunk": head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", inFile) + whole[:inFile] + "\r\n",
		"before the last chunk":       head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(whole)) + whole + "\r\n",
	} {
		resp, body, err := dial(t, s, framed, true)
		if err != nil || resp.StatusCode != 400 || !strings.Contains(body, "MalformedPOSTRequest") {
			t.Errorf("%s: %v, %s, %v", name, resp, body, err)
		}
		if _, ok := stored(t, s, "/demo/a"); ok {
			t.Fatalf("%s: there is an object", name)
		}
	}
	resp, body, err := dial(t, s, head+fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(whole))+whole+"\r\n0\r\n\r\n", true)
	if err != nil || resp.StatusCode != 204 {
		t.Errorf("whole: %v, %s, %v", resp, body, err)
	}
}

// A field that never ends is refused when it has become too long, not when it
// has ended: the client sends on, and would for hours.
func TestPostObjectEndlessField(t *testing.T) {
	s, _ := serveForms(t)
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "POST /demo HTTP/1.1\r\nHost: %s\r\n%sContent-Length: 4294967296\r\n\r\n--%s\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n", s.Addr, formType, boundary)
	answered := make(chan struct{})
	go func() {
		for piece := strings.Repeat("v", 64<<10); ; time.Sleep(time.Millisecond) {
			select {
			case <-answered:
				return
			default:
			}
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	close(answered)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 400 || !bytes.Contains(body, []byte("FieldItemTooLong")) {
		t.Errorf("answered %s %s", resp.Status, body)
	}
}

// moment does something when a body has been read up to it.
type moment func()

func (m moment) Read([]byte) (int, error) {
	m()
	return 0, io.EOF
}

// The policy is held against the time at which the fields are there: fields that
// trickle in do not stretch it. An upload that began in time may end later, as
// one by a signed URL may.
func TestPostObjectExpiresBetween(t *testing.T) {
	s, clock := serveForms(t)
	for name, c := range map[string]struct {
		behindFields bool // else in the file
		want         string
	}{
		"before the file": {true, "Forbidden AccessDenied 0006-00000213"},
		"in the file":     {false, "No Content"},
	} {
		u := upload{file: content, fields: signForm(t, signature.V1Form, callers["root"], clock.now(), `{"bucket":"demo"}`, field("key", "a"))}
		body := u.body()
		cut := strings.Index(body, content)
		if c.behindFields {
			cut -= len(u.fileHead())
		}
		expire := func() { clock.advance(2 * time.Hour) }
		r := httptest.NewRequest("POST", "/demo", io.MultiReader(strings.NewReader(body[:cut]), moment(expire), strings.NewReader(body[cut:])))
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		r.Host, r.ContentLength = s.Addr, int64(len(body))
		resp := httptest.NewRecorder()
		s.Handler().ServeHTTP(resp, r)
		if got := verdict(resp); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// zeros yields n bytes.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.n))
	clear(p[:n])
	z.n -= int64(n)
	return n, nil
}

// postZeros posts a file of n bytes and tells how many of them were read.
func postZeros(t testing.TB, s *ossdtest.Server, fields []signature.Field, n int64) (resp *httptest.ResponseRecorder, read int64) {
	t.Helper()
	head, tail, _ := strings.Cut(upload{file: "FILE", fields: fields}.body(), "FILE")
	file := &zeros{n}
	r := httptest.NewRequest("POST", "/demo", io.MultiReader(strings.NewReader(head), file, strings.NewReader(tail)))
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	r.Host, r.ContentLength = s.Addr, int64(len(head))+n+int64(len(tail))
	resp = httptest.NewRecorder()
	s.Handler().ServeHTTP(resp, r)
	return resp, n - file.n
}

// However large the file, little of it is ever held; and one that is too large
// is refused before much of it was read.
func TestPostObjectStreams(t *testing.T) {
	const size, spare = 32 << 20, 2 << 20
	s := ossdtest.Start(t, ossdtest.Options{Data: t.TempDir()})
	put(t, s, "PUT", "/demo", "")
	fields := signForm(t, signature.V4Form, callers["root"], time.Now(), `["content-length-range",0,33554432]`, field("key", "large"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if resp, _ := postZeros(t, s, fields, size); resp.Code != 204 {
		t.Fatal(resp.Body)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > spare {
		t.Errorf("a file of %d bytes allocated %d", size, used)
	}
	for n, most := range map[int64]int64{
		size + 1: size + 1,
		4 << 30:  size + spare, // the policy's bound
		6 << 30:  0,            // as the length says, more than any object may have
	} {
		if resp, read := postZeros(t, s, fields, n); verdict(resp) != "Bad Request EntityTooLarge 0006-00000003" || read > most {
			t.Errorf("%d bytes: %s after %d", n, verdict(resp), read)
		}
	}
}

// BenchmarkPostObject posts forms without a connection, on the engines of a real
// server; compare with a PUT of the same size.
func BenchmarkPostObject(b *testing.B) {
	for _, size := range []int64{4 << 10, 64 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := ossdtest.Start(b, ossdtest.Options{Data: b.TempDir()})
			put(b, s, "PUT", "/demo", "")
			fields := signForm(b, signature.V4Form, callers["root"], time.Now(), `["starts-with","$key","user/"],["content-length-range",0,1073741824]`, field("key", "user/a"))
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if resp, _ := postZeros(b, s, fields, size); resp.Code != 204 {
					b.Fatal(resp.Body)
				}
			}
		})
	}
}

// BenchmarkPutObject is what BenchmarkPostObject is compared with.
func BenchmarkPutObject(b *testing.B) {
	for _, size := range []int64{4 << 10, 64 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := ossdtest.Start(b, ossdtest.Options{Data: b.TempDir()})
			put(b, s, "PUT", "/demo", "")
			target := signTarget(b, s, signature.V4URL, "PUT", "/demo/a")
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("PUT", target, &zeros{size})
				r.Host, r.ContentLength = s.Addr, size
				resp := httptest.NewRecorder()
				if s.Handler().ServeHTTP(resp, r); resp.Code != 200 {
					b.Fatal(resp.Body)
				}
			}
		})
	}
}
