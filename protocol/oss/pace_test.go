package oss

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watched records how fast bytes pass it.
type watched struct {
	t      *testing.T
	start  time.Time
	rate   int64
	room   int64 // how far ahead of the rate they may be
	passed int64
	fail   error
}

func (w *watched) see(n int) {
	w.passed += int64(n)
	allowed := int64(time.Since(w.start))*w.rate/int64(time.Second) + w.room
	if w.passed > allowed {
		w.t.Fatalf("%d bytes after %s, %d were allowed", w.passed, time.Since(w.start), allowed)
	}
}

func (w *watched) Write(p []byte) (int, error) {
	w.see(len(p))
	return len(p), w.fail
}

// Bytes pass at the rate that was asked for, in both directions, from the first one on.
func TestPaceIsSteady(t *testing.T) {
	const size = 1 << 20
	for rate, want := range map[int64]time.Duration{
		minTraffic / 8: size * time.Second / (minTraffic / 8), 819200 / 8: 10240 * time.Millisecond, maxTraffic / 8: 10 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			near := func(what string, start time.Time) {
				if d := time.Since(start); d < want-time.Microsecond || d > want+time.Microsecond {
					t.Errorf("%d B/s, %s: %s, want %s", rate, what, d, want)
				}
			}
			start := time.Now()
			p := &pacer{ctx: t.Context(), rate: rate}
			w := &watched{t: t, start: start, rate: rate, room: 1}
			n, err := io.Copy(pacedWriter{w, p}, strings.NewReader(strings.Repeat("x", size)))
			if n != size || err != nil || w.passed != size {
				t.Fatalf("wrote %d, %d arrived, %v", n, w.passed, err)
			}
			near("written", start)

			start = time.Now()
			p = &pacer{ctx: t.Context(), rate: rate}
			w = &watched{t: t, start: start, rate: rate, room: int64(p.slice())}
			n, err = io.Copy(io.Discard, pacedReader{io.TeeReader(strings.NewReader(strings.Repeat("x", size)), w), p})
			if n != size || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
			near("read", start)
		})
	}
}

// Who pauses may catch up a little, not all of it.
func TestPaceAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 100_000
		p := &pacer{ctx: t.Context(), rate: rate}
		w := pacedWriter{io.Discard, p}
		write := func(n int) time.Duration {
			start := time.Now()
			if m, err := w.Write(make([]byte, n)); m != n || err != nil {
				t.Fatal(m, err)
			}
			return time.Since(start)
		}
		for _, c := range []struct {
			pause time.Duration
			bytes int
			want  time.Duration
		}{
			{0, rate, time.Second},
			{50 * time.Millisecond, rate, 950 * time.Millisecond}, // a timer that fired late
			{time.Hour, rate, time.Second - catchUp},
			{time.Hour, 1, 0},
			{0, rate, time.Second - catchUp + time.Second/rate},
		} {
			time.Sleep(c.pause)
			if got := write(c.bytes); got != c.want {
				t.Errorf("%d bytes after %s took %s, want %s", c.bytes, c.pause, got, c.want)
			}
		}
	})
}

// Waiting ends with the request, and an error of what is paced is passed on.
func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(10*time.Millisecond, cancel).Stop()
		p := &pacer{ctx: ctx, rate: minTraffic / 8}
		start := time.Now()
		n, err := pacedWriter{io.Discard, p}.Write(make([]byte, 1<<20))
		if n != 0 || !errors.Is(err, context.Canceled) || time.Since(start) != 10*time.Millisecond {
			t.Errorf("wrote %d, %v after %s", n, err, time.Since(start))
		}
		if n, err := (pacedReader{strings.NewReader("abc"), p}).Read(make([]byte, 8)); n != 3 || !errors.Is(err, context.Canceled) {
			t.Errorf("read %d, %v", n, err)
		}

		broken := errors.New("broken")
		p = &pacer{ctx: t.Context(), rate: minTraffic / 8}
		if n, err := (pacedWriter{&watched{t: t, start: start, room: 1 << 20, fail: broken}, p}).Write(make([]byte, 1<<20)); n != p.slice() || err != broken {
			t.Errorf("wrote %d, %v", n, err)
		}
	})
}
