package migrate

import (
	"context"
	"sync"
	"time"

	"ossd/engine/blob"
	"ossd/objectstore"
)

// How many blobs, and bytes in them, are copied before the destination's rows say
// so: as much is copied again after a crash.
const (
	tellBlobs = 256
	tellBytes = 64 << 20
)

// copyBlobs copies the blobs that references of the source name and that the
// destination has no reference of, and deletes those that are the other way round.
func (m *mover) copyBlobs(ctx context.Context) error {
	m.seen.begin(m, Contents, m.seen.references)
	c := &copying{mover: m}
	return m.work(ctx, c.one, func(ctx context.Context, jobs chan<- change) error {
		return m.compare(ctx, references, referencesEnd, func(changes []change, rows int) error {
			puts := 0
			for _, change := range changes {
				if !change.remove {
					puts++
				}
				select {
				case jobs <- change:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			m.seen.add(m, rows-puts, 0)
			return nil
		})
	}, c.flush)
}

// work hands what feed sends to workers, and calls end when they are done. The first
// error ends everything and is returned; then end may do in a moment what it can.
func (m *mover) work(ctx context.Context, do func(context.Context, change) error, feed func(context.Context, chan<- change) error, end func(context.Context) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	jobs := make(chan change)
	var running sync.WaitGroup
	for range m.Workers {
		running.Go(func() {
			for job := range jobs {
				if ctx.Err() != nil {
					continue
				}
				if err := do(ctx, job); err != nil {
					fail(err)
				}
			}
		})
	}
	if err := feed(ctx, jobs); err != nil {
		fail(err) // the first one counts
	}
	close(jobs)
	running.Wait()
	if ctx.Err() == nil {
		return end(ctx)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
	defer cancel()
	_ = end(last) // what it cannot save is done again
	return context.Cause(ctx)
}

const lastMoment = 5 * time.Second

// copying gathers the references of blobs that have arrived until they are written.
type copying struct {
	*mover
	mu      sync.Mutex
	arrived []change
	bytes   int64
}

// one does what a change of a reference demands.
func (c *copying) one(ctx context.Context, change change) error {
	ref := objectstore.ParseReference(change.Row)
	if change.remove {
		// First the blob: the other way round a crash would leave it without a name.
		if err := c.To.Blobs.Delete(ctx, ref.Ref); err != nil {
			return destinationError(err)
		}
		c.pass.freed.Add(1)
		return c.done(ctx, change, 0)
	}
	size, outcome, err := c.copyBlob(ctx, ref)
	if err != nil {
		return err
	}
	defer c.seen.add(c.mover, 1, 0)
	switch {
	case outcome == gone, outcome == unreadable && !(c.Final && c.SkipDamaged):
		return nil
	case outcome == copied:
		c.pass.blobs.Add(1)
		c.pass.bytes.Add(size)
	}
	return c.done(ctx, change, size)
}

// done writes the reference down, sooner or later.
func (c *copying) done(ctx context.Context, change change, size int64) error {
	c.mu.Lock()
	c.arrived = append(c.arrived, change)
	c.bytes += size
	full := len(c.arrived) >= tellBlobs || c.bytes >= tellBytes
	c.mu.Unlock()
	if !full {
		return nil
	}
	return c.flush(ctx)
}

func (c *copying) flush(ctx context.Context) error {
	c.mu.Lock()
	batch := c.arrived
	c.arrived, c.bytes = nil, 0
	c.mu.Unlock()
	return c.writeAll(ctx, batch)
}

// outcome is what became of a blob that was to be copied.
type outcome int

const (
	copied     outcome = iota
	gone               // the source has freed it
	discarded          // its bytes are gone, and nobody needs them: the sweeper was cut off
	unreadable         // it is lost or damaged, which was reported
)

// copyBlob copies a blob and asks the destination for its length.
func (m *mover) copyBlob(ctx context.Context, ref objectstore.Reference) (size int64, o outcome, err error) {
	size, failed, err := m.transfer(ctx, ref.Ref)
	if failed != nil && err == nil {
		o, err = m.explain(ctx, ref, failed)
		return 0, o, err
	}
	if err != nil {
		return 0, copied, destinationError(err)
	}
	has, err := blob.Inspect(m.To.Blobs).Size(ctx, ref.Ref)
	if err == nil && has != size {
		err = lengthError(ref.Ref, has, size)
	}
	return size, copied, destinationError(err)
}
