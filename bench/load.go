package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// result is one measurement.
type result struct {
	rate    float64 // requests a second
	cpu     float64 // microseconds of the server's CPU time a request
	latency *histogram
}

// request goes over the wire as it is. Many may share a body.
type request struct{ head, body []byte }

// extent is how much load there is. It ends with the duration or after so many
// requests, whatever comes first; zero means no such bound, and both zero that
// each request is sent once.
type extent struct {
	connections int
	duration    time.Duration
	requests    int
}

const (
	// answerBuffer is what a connection reads at once.
	answerBuffer = 256 << 10
	// patience bounds the wait for an answer.
	patience = 2 * time.Minute
)

// load sends the requests in turn, again from the first after the last, over
// connections that stay open.
func load(ctx context.Context, p *process, requests []request, e extent) (result, error) {
	if e.duration == 0 && e.requests == 0 {
		e.requests = len(requests)
	}
	before, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	var next atomic.Int64
	turn := func() *request {
		i := next.Add(1) - 1
		if e.requests > 0 && i >= int64(e.requests) || e.duration > 0 && time.Since(begun) > e.duration {
			return nil
		}
		return &requests[i%int64(len(requests))]
	}
	var wg sync.WaitGroup
	errs := make(chan error, e.connections)
	latencies := make([]histogram, e.connections)
	for i := range e.connections {
		wg.Go(func() {
			if err := converse(ctx, p.spread(i), turn, &latencies[i]); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begun)
	close(errs)
	if err := <-errs; err != nil {
		return result{}, err
	}
	after, err := p.cpu()
	r := result{latency: &latencies[0]}
	for i := range latencies[1:] {
		r.latency.merge(&latencies[1+i])
	}
	n := float64(r.latency.count)
	r.rate, r.cpu = n/elapsed.Seconds(), float64((after-before).Microseconds())/n
	return r, err
}

// converse sends what turn returns over one connection, until it returns nil.
func converse(ctx context.Context, address string, turn func() *request, latency *histogram) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	in := bufio.NewReaderSize(c, answerBuffer)
	for r := turn(); r != nil; r = turn() {
		sent := time.Now()
		if err := c.SetDeadline(sent.Add(patience)); err != nil {
			return err
		}
		if err := exchange(c, in, r); err != nil {
			return err
		}
		latency.add(time.Since(sent))
	}
	return nil
}

// exchange sends a request and reads its answer, as little as that takes.
func exchange(c io.Writer, in *bufio.Reader, r *request) error {
	if err := send(c, r); err != nil {
		return err
	}
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	refusal := ""
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 2")) {
		refusal = string(bytes.TrimSpace(line))
	}
	length, err := contentLength(in)
	if err != nil {
		return err
	}
	if refusal != "" {
		body := make([]byte, max(0, min(length, 2048)))
		n, _ := io.ReadFull(in, body)
		return fmt.Errorf("%s: %s", refusal, body[:n])
	}
	if length < 0 {
		return discardChunks(in)
	}
	_, err = in.Discard(length)
	return err
}

func send(c io.Writer, r *request) error {
	if len(r.body) == 0 {
		_, err := c.Write(r.head)
		return err
	}
	_, err := (&net.Buffers{r.head, r.body}).WriteTo(c)
	return err
}

// contentLength reads the header lines of an answer. -1 means that the body comes in chunks.
func contentLength(in *bufio.Reader) (length int, err error) {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			return length, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		}
	}
}

// discardChunks reads a body in chunks (RFC 9112, 7.1) without extensions and trailers.
func discardChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return err
		}
		if _, err := in.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}
