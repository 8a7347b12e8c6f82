package migrate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta/metatest"
	"ossd/objectstore"
)

// everyOperation makes the interruptions come at each operation, not at some.
var everyOperation = flag.Bool("every", false, "interrupt at every operation of the destination")

var errCut = errors.New("cut off")

// breaking is a destination that fails from one of its operations on, before that
// one's effect or after it.
type breaking struct {
	blob.Store
	counter *counter
}

type counter struct {
	n, limit atomic.Int64
	after    bool // the operation at the limit is done, all the same
}

func (c *counter) step() (before, after error) {
	switch n, limit := c.n.Add(1), c.limit.Load(); {
	case n < limit:
		return nil, nil
	case n == limit && c.after:
		return nil, errCut
	}
	return errCut, nil
}

func breakingDestination(to Destination, c *counter) Destination {
	return Destination{
		Rows:  metatest.Faulty(to.Rows, func(metatest.Method) (error, error) { return c.step() }),
		Blobs: &breaking{to.Blobs, c},
	}
}

// around makes a call that may fail.
func (b *breaking) around(do func() error) error {
	before, after := b.counter.step()
	if before != nil {
		return before
	}
	return errors.Join(do(), after)
}

func (b *breaking) Delete(ctx context.Context, ref blob.Ref) error {
	return b.around(func() error { return b.Store.Delete(ctx, ref) })
}

func (b *breaking) Inspect(ctx context.Context, olderThan time.Time, fn func(blob.Ref, int64) error) error {
	return b.around(func() error { return b.Walk(ctx, olderThan, fn) })
}

func (b *breaking) Size(ctx context.Context, ref blob.Ref) (n int64, err error) {
	err = b.around(func() (err error) {
		n, err = blob.Inspect(b.Store).Size(ctx, ref)
		return err
	})
	return n, err
}

func (b *breaking) Where(blob.Ref) string { return "" }

func (b *breaking) Import(ctx context.Context, ref blob.Ref, hint int64) (w blob.Writer, err error) {
	err = b.around(func() (err error) {
		w, err = b.Store.(blob.Importer).Import(ctx, ref, hint)
		return err
	})
	if err != nil {
		if w != nil {
			w.Abort()
		}
		return nil, err
	}
	return &breakingWriter{w, b}, nil
}

type breakingWriter struct {
	blob.Writer
	b *breaking
}

func (w *breakingWriter) Write(p []byte) (n int, err error) {
	err = w.b.around(func() (err error) {
		n, err = w.Writer.Write(p)
		return err
	})
	return n, err
}

func (w *breakingWriter) Commit(ctx context.Context) (ref blob.Ref, err error) {
	err = w.b.around(func() (err error) {
		ref, err = w.Writer.Commit(ctx)
		return err
	})
	return ref, err
}

// A migration that is cut off at any operation of the destination leaves a mark or
// nothing, or is done; the source is what it was; the next run ends it.
func TestInterruptedAnywhere(t *testing.T) {
	w := newWorld(t, 7).some(25)
	before := rowsOf(t, w.Rows)
	total := func() int64 {
		c := &counter{}
		c.limit.Store(1 << 40)
		if _, err := w.move(breakingDestination(emptyDestination(), c), final); err != nil {
			t.Fatal(err)
		}
		return c.n.Load()
	}()
	tried, resumed := 0, 0
	step := int64(1)
	if !*everyOperation {
		step = max(total/25, 1)
	}
	for limit := int64(1); limit <= total; limit += step {
		if !*everyOperation {
			limit += rand.Int64N(step)
		}
		for _, after := range []bool{false, true} {
			to, switched := emptyDestination(), false
			c := &counter{after: after}
			c.limit.Store(limit)
			r, err := w.move(breakingDestination(to, c), func(config *Config) {
				config.Final, config.Switch = true, func() error { switched = true; return nil }
			})
			tried++
			if err == nil { // the number of operations differs a little from run to run
				w.wantMoved(to)
				continue
			}
			if !errors.Is(err, errCut) || r.Ended {
				t.Fatalf("cut off at %d of %d (after its effect: %v): %+v, %v", limit, total, after, r, err)
			}
			marked := errors.Is(UnderWay(t.Context(), to.Rows), ErrUnderWay)
			if rows := len(rowsOf(t, to.Rows)); rows > 0 && !marked && !(switched && after) {
				t.Errorf("cut off at %d: %d rows may be served", limit, rows)
			}
			if !marked && switched { // only the answer was lost
				w.wantMoved(to)
				continue
			}
			if _, err := w.move(to, final); err != nil {
				t.Fatalf("after a cut at %d of %d: %v", limit, total, err)
			}
			resumed++
			w.wantMoved(to)
		}
	}
	if resumed < tried/2 {
		t.Errorf("of %d runs only %d were cut off", tried, resumed)
	}
	if got := rowsOf(t, w.Rows); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Error("the source was changed")
	}
}

// Runs that are cut off again and again, while the source changes, come to an end;
// what had been copied is not copied again.
func TestInterruptedOften(t *testing.T) {
	w, to := newWorld(t, 8).some(50), emptyDestination()
	var putting sync.WaitGroup
	for i := range 64 {
		putting.Go(func() {
			for j := range 3 * tellBlobs / 64 {
				if err := w.tryPut(fmt.Sprint("many/", i, "/", j), []byte("x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	putting.Wait()
	copied, cuts := int64(0), 0
	for {
		c := &counter{after: cuts%2 == 0}
		c.limit.Store(6 * tellBlobs) // four operations a blob, and more for longer ones
		r, err := w.move(breakingDestination(to, c), func(c *Config) { c.Workers, c.pageRows = 1, pageRows })
		copied += r.Sum.Blobs
		if err == nil {
			break
		}
		if cuts++; !errors.Is(err, errCut) || cuts > 10 {
			t.Fatalf("after %d cuts: %v", cuts, err)
		}
	}
	all := int64(len(referencesOf(rowsOf(t, w.Rows))))
	if cuts < 2 || copied > all+int64(cuts)*tellBlobs {
		t.Errorf("after %d cuts %d blobs of %d were copied", cuts, copied, all)
	}
	w.some(20)
	if _, err := w.move(to, final); err != nil {
		t.Fatal(err)
	}
	w.wantMoved(to)
}

// Beside writers and a sweeper that frees at once, online runs go through, and what
// the final one leaves is what there was at the end.
func TestMovesBesideWriters(t *testing.T) {
	w, to := newWorld(t, 9).some(100), emptyDestination()
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := w.change(context.Background()); err != nil {
				stopped <- err
				return
			}
		}
	}()
	blobs := int64(0)
	for range 5 {
		r, err := w.move(to, func(c *Config) { c.Verify = VerifyFull })
		if err != nil {
			t.Fatal(err)
		}
		if r.Repaired != 0 {
			t.Errorf("%d blobs had to be copied twice", r.Repaired)
		}
		blobs += r.Sum.Blobs
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	r, err := w.move(to, func(c *Config) { c.Final, c.Verify = true, VerifyFull })
	if err != nil {
		t.Fatal(err)
	}
	// A blob that was freed between its copy and its row is left there, for the sweeper.
	moved := objectstore.New(objectstore.Config{Rows: to.Rows, Blobs: to.Blobs, OrphanAge: time.Nanosecond})
	if rows := rowsOf(t, w.Rows); fmt.Sprint(rows) != fmt.Sprint(rowsOf(t, to.Rows)) {
		t.Error("the rows differ")
	}
	if _, err := moved.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantSound(to)
	t.Logf("%d blobs were copied beside the writer, %d at the end", blobs, r.Last.Blobs)
}
