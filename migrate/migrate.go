package migrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/internal/throttle"
	"ossd/objectstore"
)

// Source is the store that is moved. It is only read.
type Source struct {
	ID    string // of no other store
	Rows  meta.Store
	Blobs blob.Store
	Hold  func() (release func()) // keeps blobs from being freed
}

// Destination is where it goes. Nobody else may use it.
type Destination struct {
	Rows  meta.Store
	Blobs blob.Store // must be a blob.Importer, too
}

// Config says what is moved where, and how.
type Config struct {
	From Source
	To   Destination

	// Final says that nobody uses the source: this run ends the migration. Otherwise
	// passes follow one another until one is short.
	Final bool
	// Switch makes the source unusable, durably. It is called in a final run when all
	// has arrived; it may be called again by a later run. May be nil.
	Switch func() error

	Verify      Verify
	SkipDamaged bool  // end a final run though some of the source's blobs cannot be read
	Rate        int64 // bytes a second that are copied; 0: as fast as it goes
	Workers     int   // blobs that are copied at a time; 0: 16

	Found    func(objectstore.Finding) // of a blob that cannot be read; may be nil
	Progress func(Progress)            // called one at a time; may be nil
	Now      func() time.Time          // nil: time.Now

	// Zero: as the constants of these names say.
	pageRows  int           // of a page at most
	shortPass time.Duration // after one that takes less there is no other
}

// Stage is what a run is at.
type Stage string

// The stages of a pass, and those behind the final one.
const (
	Contents  Stage = "contents"  // references are compared and blobs copied
	Rows      Stage = "rows"      // the other rows
	Comparing Stage = "comparing" // all rows, once more
	Verifying Stage = "verifying" // blobs, as Config.Verify says
)

// Progress is how far a run is.
type Progress struct {
	Stage Stage `json:"stage"`
	Pass  int   `json:"pass"`
	Done  int64 `json:"done"`  // rows that were looked at in this stage
	Total int64 `json:"total"` // of them, when the run began
	Bytes int64 `json:"bytes"` // that were read in this stage
}

// Pass is what was done in a pass.
type Pass struct {
	Blobs   int64         `json:"blobs"` // that were copied
	Bytes   int64         `json:"bytes"` // in them
	Freed   int64         `json:"freed"` // blobs that the source has no more
	Written int64         `json:"written"`
	Removed int64         `json:"removed"` // rows
	Took    time.Duration `json:"took"`
}

// Result is what a run has done.
type Result struct {
	Passes   int       `json:"passes"`
	Sum      Pass      `json:"sum"`
	Last     Pass      `json:"last"`
	Rows     int64     `json:"rows"`     // of the source
	Repaired int64     `json:"repaired"` // blobs that verifying found wrong, and that were copied again
	Damaged  int64     `json:"damaged"`  // blobs of the source that cannot be read
	Ended    bool      `json:"ended"`    // the store has moved
	At       time.Time `json:"at"`       // the time when it had, or when the run ended
}

// What ends the passes of a run beside a store in use.
const (
	shortPass = 10 * time.Second
	maxPasses = 6
)

const defaultWorkers = 16

// mover is one run.
type mover struct {
	Config
	into blob.Importer

	flow   sync.Mutex // of limit
	limit  *throttle.Throttle
	result Result
	seen   progress

	pass     counts
	damaged  damaged
	repaired atomic.Int64
}

// counts are those of a Pass, by many goroutines.
type counts struct{ blobs, bytes, freed, written, removed atomic.Int64 }

// Run goes on with a migration, or begins it. When it was cut off, with any error,
// another run goes on. The error wraps ErrInUse for a destination that is not free,
// ErrDamaged if blobs of the source cannot be read.
func Run(ctx context.Context, c Config) (Result, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.pageRows == 0 {
		c.pageRows = pageRows
	}
	if c.shortPass == 0 {
		c.shortPass = shortPass
	}
	into, ok := c.To.Blobs.(blob.Importer)
	if !ok {
		return Result{}, errors.New("the destination cannot take over blobs under their names")
	}
	m := &mover{Config: c, into: into, limit: throttle.New(c.Rate)}
	err := m.run(ctx)
	m.result.At, m.result.Damaged, m.result.Repaired = m.Now().UTC(), m.damaged.count(), m.repaired.Load()
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return m.result, err
}

func (m *mover) run(ctx context.Context) error {
	if err := m.claim(ctx); err != nil {
		return destinationError(err)
	}
	if err := m.count(ctx); err != nil {
		return err
	}
	if !m.Final {
		if err := m.repeat(ctx); err != nil {
			return err
		}
		return m.verify(ctx)
	}
	if err := m.onePass(ctx); err != nil {
		return err
	}
	if n := m.damaged.count(); n > 0 && !m.SkipDamaged {
		return fmt.Errorf("%w: %d", ErrDamaged, n)
	}
	for _, step := range []func(context.Context) error{m.wantEqual, m.verify, m.switchOver} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	m.result.Ended = true
	return nil
}

// repeat makes passes until one is short, or not shorter than the one before.
func (m *mover) repeat(ctx context.Context) error {
	for before := time.Duration(math.MaxInt64); ; before = m.result.Last.Took {
		if err := m.onePass(ctx); err != nil {
			return err
		}
		took := m.result.Last.Took
		if took < m.shortPass || took > before/4*3 || m.result.Passes == maxPasses {
			return nil
		}
	}
}

func (m *mover) onePass(ctx context.Context) error {
	began := time.Now()
	m.pass = counts{}
	m.result.Passes++
	err := m.copyBlobs(ctx)
	if err == nil {
		err = m.copyRows(ctx)
	}
	m.result.Last = Pass{
		Blobs: m.pass.blobs.Load(), Bytes: m.pass.bytes.Load(), Freed: m.pass.freed.Load(),
		Written: m.pass.written.Load(), Removed: m.pass.removed.Load(), Took: time.Since(began),
	}
	m.result.Sum.add(m.result.Last)
	return err
}

func (p *Pass) add(q Pass) {
	p.Blobs += q.Blobs
	p.Bytes += q.Bytes
	p.Freed += q.Freed
	p.Written += q.Written
	p.Removed += q.Removed
	p.Took += q.Took
}

func (m *mover) switchOver(ctx context.Context) error {
	if m.Switch != nil {
		if err := m.Switch(); err != nil {
			return err
		}
	}
	// From here on the source refuses to serve, so this must not be given up lightly.
	return destinationError(m.unmark(context.WithoutCancel(ctx)))
}

// destinationError says which of the two stores failed.
func destinationError(err error) error {
	if err == nil || errors.Is(err, ErrInUse) {
		return err
	}
	return fmt.Errorf("the destination: %w", err)
}
