package gate

import (
	"testing"
	"testing/synctest"
)

func TestCloseWaitsForThoseInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New()
		if !g.Enter() || !g.Enter() {
			t.Fatal("an open gate refused a call")
		}
		g.Leave()
		closed := make(chan bool, 2)
		for range 2 {
			go func() { closed <- g.Close() }()
		}
		synctest.Wait()
		if len(closed) != 0 {
			t.Fatal("Close did not wait for the call inside")
		}
		if g.Enter() {
			t.Fatal("a closed gate admitted a call")
		}
		g.Leave()
		if first, second := <-closed, <-closed; first == second {
			t.Errorf("both or none of two closers was told to be the first: %v, %v", first, second)
		}
		if g.Enter() {
			t.Error("a closed gate admitted a call")
		}
	})
}
