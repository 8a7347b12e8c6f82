package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a long job is: on a terminal in one line that changes,
// elsewhere in a line now and then.
type progress struct {
	out      io.Writer
	terminal bool
	verb     string             // what is being done, as "scrubbing"
	unit     func(int64) string // writes an amount
	now      func() time.Time

	bytes       int64 // that have passed, where what is counted are not bytes
	begun, last time.Time
	drawn       bool
}

const (
	redrawEvery = 200 * time.Millisecond
	lineEvery   = 10 * time.Second
	barWidth    = 24
)

func newProgress(out io.Writer, verb string, unit func(int64) string) *progress {
	p := &progress{out: out, verb: verb, unit: unit, now: time.Now}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.begun = p.now()
	p.last = p.begun
	return p
}

// update is told as often as there is something to tell.
func (p *progress) update(done, total int64) {
	now := p.now()
	every := lineEvery
	if p.terminal {
		every = redrawEvery
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	line := p.line(done, total, now.Sub(p.begun))
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		p.drawn = true
		return
	}
	fmt.Fprintln(p.out, line)
}

// restart begins to show something else.
func (p *progress) restart(verb string, unit func(int64) string) {
	p.verb, p.unit, p.bytes = verb, unit, 0
	p.begun = p.now()
}

// clear makes room for another line.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) line(done, total int64, took time.Duration) string {
	share := 1.0
	if total > 0 {
		share = min(float64(done)/float64(total), 1)
	}
	rate := float64(done) / max(took.Seconds(), 0.001)
	line := fmt.Sprintf("%s %3.0f %%  %s of %s  %s/s", p.verb, 100*share, p.unit(done), p.unit(total), p.unit(int64(rate)))
	if p.bytes > 0 {
		line += fmt.Sprintf("  %s, %s/s", sizeText(p.bytes), sizeText(int64(float64(p.bytes)/max(took.Seconds(), 0.001))))
	}
	if rate > 0 && total > done {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		line += "  " + left.Round(time.Second).String() + " left"
	}
	if p.terminal {
		full := int(share * barWidth)
		line = "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "] " + line
	}
	return line
}
