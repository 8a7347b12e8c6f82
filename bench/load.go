package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// result is one measurement.
type result struct {
	rate float64 // requests a second
	cpu  float64 // microseconds of the server's CPU time a request
}

// request goes over the wire as it is. Many may share a body.
type request struct{ head, body []byte }

// load sends the requests in turn over connections that stay open: each once if
// duration is 0, else round and round until it has passed.
func load(p *process, requests []request, connections int, duration time.Duration) (result, error) {
	before, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	var next, done atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, connections)
	for range connections {
		wg.Go(func() {
			c, err := net.Dial("tcp", p.address)
			if err != nil {
				errs <- err
				return
			}
			defer c.Close()
			in := bufio.NewReaderSize(c, 32<<10)
			for {
				i := next.Add(1) - 1
				if duration == 0 && i >= int64(len(requests)) || duration > 0 && time.Since(begun) > duration {
					return
				}
				if err := exchange(c, in, requests[i%int64(len(requests))]); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begun)
	select {
	case err := <-errs:
		return result{}, err
	default:
	}
	after, err := p.cpu()
	n := float64(done.Load())
	return result{rate: n / elapsed.Seconds(), cpu: float64((after - before).Microseconds()) / n}, err
}

// exchange sends a request and reads its answer, as little as that takes.
func exchange(c net.Conn, in *bufio.Reader, r request) error {
	if _, err := (&net.Buffers{r.head, r.body}).WriteTo(c); err != nil {
		return err
	}
	status, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if !strings.HasPrefix(status, "HTTP/1.1 2") {
		body := make([]byte, min(length, 2048))
		io.ReadFull(in, body)
		return fmt.Errorf("%s: %s", strings.TrimSpace(status), body)
	}
	_, err = in.Discard(length)
	return err
}
