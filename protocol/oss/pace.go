package oss

import (
	"context"
	"io"
	"strconv"
	"time"
)

// trafficLimit names the header, query parameter or form field that says how
// fast a body may travel, in bits a second (vendor documentation
// "Single-connection bandwidth throttling").
const trafficLimit = "x-oss-traffic-limit"

// Bounds of the limit. Older pages of the vendor begin at 819200; what today's
// service accepts is taken (SDK suites oss2 test_traffic_limit, Java TrafficLimitTest).
const (
	minTraffic = 245760
	maxTraffic = 838860800
)

// limitTraffic reads the limit of a request for an operation that declares
// TrafficLimit. From then on its body comes in, and its answer's content goes
// out, no faster; what else an operation moves it hands to paced.
func (c *call) limitTraffic() error {
	values := c.parameters["X-Oss-Traffic-Limit"]
	value, inQuery := c.signed.Query.Lookup(trafficLimit)
	switch {
	case len(values) == 0 && !inQuery:
		return nil
	case len(values) > 0 && inQuery:
		return invalidArgument(trafficLimit, value, trafficLimit+" should be specified either in query string or header, not both.")
	case !inQuery:
		value = values[0]
	}
	bits, err := strconv.ParseUint(value, 10, 32)
	if err != nil || bits < minTraffic || bits > maxTraffic {
		return invalidArgument(trafficLimit, value, trafficLimit+" is invalid, should be specified between 245760(30KB/s) and 838860800(100MB/s).")
	}
	c.pace = &pacer{ctx: c.r.Context(), rate: int64(bits) / 8}
	if c.form == nil { // of a form it is the file that is paced
		c.body.r = c.paced(c.body.r)
	}
	return nil
}

// paced slows r down to the limit of the request, if it has one.
func (c *call) paced(r io.Reader) io.Reader {
	if c.pace == nil {
		return r
	}
	return pacedReader{r, c.pace}
}

// pacedWriter slows what is written down to the limit of the request, if it has one.
func (c *call) pacedWriter(w io.Writer) io.Writer {
	if c.pace == nil {
		return w
	}
	return pacedWriter{w, c.pace}
}

// pacer lets bytes pass at a steady rate, for one goroutine at a time. Who was
// slower for a while may catch up a little, so that a timer which fires late
// slows nothing down; but the first bytes get no start.
type pacer struct {
	ctx  context.Context
	rate int64     // bytes a second
	due  time.Time // when all that has passed should have; zero: nothing has

	waited time.Duration // in all, told by x-oss-qos-delay-time (SDK suite Go v1 TestBucketTrafficLimitObject1)
}

// catchUp bounds what the time in which too little passed is good for.
const catchUp = 100 * time.Millisecond

// slice is how much passes at a time: 50 ms worth, so that the bytes flow, and
// that a peer that is gone is noticed soon.
func (p *pacer) slice() int { return int(min(p.rate/20, 64<<10)) }

// pass waits until n more bytes have had their time. It fails when nobody waits any more.
func (p *pacer) pass(n int) error {
	now := time.Now()
	switch earliest := now.Add(-catchUp); {
	case p.due.IsZero():
		p.due = now
	case p.due.Before(earliest):
		p.due = earliest
	}
	p.due = p.due.Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	wait := p.due.Sub(now)
	if wait <= 0 {
		return p.ctx.Err()
	}
	p.waited += wait
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

type pacedReader struct {
	r    io.Reader
	pace *pacer
}

func (r pacedReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p[:min(len(p), r.pace.slice())])
	if n == 0 {
		return 0, err
	}
	if ended := r.pace.pass(n); ended != nil {
		return n, ended
	}
	return n, err
}

type pacedWriter struct {
	w    io.Writer
	pace *pacer
}

func (w pacedWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		part := p[:min(len(p), w.pace.slice())]
		if err := w.pace.pass(len(part)); err != nil {
			return n, err
		}
		m, err := w.w.Write(part)
		n += m
		if err != nil {
			return n, err
		}
		p = p[m:]
	}
	return n, nil
}
