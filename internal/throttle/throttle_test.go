package throttle

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A flow takes the time that its rate says, and what it does not use is lost.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		flow := New(1 << 20)
		for range 40 {
			if err := flow.Wait(t.Context(), 256<<10); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("10 MiB at 1 MiB/s took %v", took)
		}
		time.Sleep(time.Hour)
		begun = time.Now()
		for range 4 {
			if err := flow.Wait(t.Context(), 256<<10); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("after an idle hour 1 MiB took %v", took)
		}
	})
}

// Small pieces add up though none of them is waited for by itself.
func TestSmallPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		flow := New(1 << 20)
		for range 4096 {
			if err := flow.Wait(t.Context(), 1<<10); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begun); took > 4*time.Second || took < 4*time.Second-slack {
			t.Errorf("4 MiB in pieces took %v", took)
		}
	})
}

func TestNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		for _, rate := range []int64{0, -1} {
			if err := New(rate).Wait(t.Context(), 1<<40); err != nil || time.Since(begun) != 0 {
				t.Errorf("rate %d: %v after %v", rate, err, time.Since(begun))
			}
		}
	})
}

func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := New(1).Wait(ctx, 1000); err != context.DeadlineExceeded || time.Since(begun) != time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(begun))
		}
		if err := New(0).Wait(ctx, 1); err != context.DeadlineExceeded {
			t.Errorf("without a limit: %v", err)
		}
	})
}
