package lease_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ossd/engine/meta"
	"ossd/engine/meta/lease"
	"ossd/engine/meta/memory"
	"ossd/engine/meta/metatest"
)

const term = 30 * time.Second

// node is a process that wants the lease.
type node struct {
	working atomic.Int32
	began   atomic.Int32 // times
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

func start(t *testing.T, rows meta.Store) *node {
	ctx, stop := context.WithCancel(t.Context())
	n := &node{stop: stop}
	n.ended.Go(func() {
		lease.Run(ctx, lease.Config{Rows: rows, Name: "job", Term: term}, func(ctx context.Context) {
			n.began.Add(1)
			n.working.Store(1)
			<-ctx.Done()
			n.working.Store(0)
		})
	})
	return n
}

func working(nodes []*node) (n int32) {
	for _, node := range nodes {
		n += node.working.Load()
	}
	return n
}

func TestOneWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := memory.New()
		var nodes []*node
		for range 3 {
			nodes = append(nodes, start(t, rows))
		}
		for range 40 {
			time.Sleep(term / 4)
			synctest.Wait()
			if n := working(nodes); n != 1 {
				t.Fatalf("%d work", n)
			}
		}
		began := int32(0)
		for _, n := range nodes {
			began += n.began.Load()
		}
		if began != 1 {
			t.Errorf("the job was begun %d times though nobody stopped", began)
		}
		// Whoever stops gives it back, and the next need not wait for a term.
		for _, n := range nodes {
			if n.working.Load() == 1 {
				n.stop()
				n.ended.Wait()
			}
		}
		time.Sleep(term / 3)
		synctest.Wait()
		if n := working(nodes); n != 1 {
			t.Errorf("%d work after the first has stopped", n)
		}
		for _, n := range nodes {
			n.stop()
			n.ended.Wait()
		}
	})
}

// A holder that does not reach the rows stops working before another begins.
func TestHolderIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := memory.New()
		var cut atomic.Bool
		first := start(t, metatest.Faulty(rows, func(metatest.Method) (error, error) {
			if cut.Load() {
				return errors.New("cut off"), nil
			}
			return nil, nil
		}))
		time.Sleep(term / 2)
		second := start(t, rows)
		time.Sleep(3 * term)
		synctest.Wait()
		if first.working.Load() != 1 || second.working.Load() != 0 {
			t.Fatal("the first does not hold it")
		}
		cut.Store(true)
		both, neither := 0, 0
		for range 300 {
			time.Sleep(term / 100)
			synctest.Wait()
			switch first.working.Load() + second.working.Load() {
			case 2:
				both++
			case 0:
				neither++
			}
		}
		if both > 0 || second.working.Load() != 1 || first.working.Load() != 0 {
			t.Errorf("both worked for %d hundredths of a term, nobody for %d", both, neither)
		}
		cut.Store(false) // the first comes back and finds that it is another's
		time.Sleep(3 * term)
		synctest.Wait()
		if first.working.Load() != 0 || second.working.Load() != 1 {
			t.Error("it was taken from who held it")
		}
		for _, n := range []*node{first, second} {
			n.stop()
			n.ended.Wait()
		}
	})
}

// A job that returns is begun again, not at once.
func TestJobThatReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		began := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			lease.Run(ctx, lease.Config{Rows: memory.New(), Name: "job", Term: term}, func(context.Context) { began++ })
		}()
		time.Sleep(term)
		stop()
		<-done
		if began < 3 || began > 5 {
			t.Errorf("begun %d times in a term", began)
		}
	})
}
