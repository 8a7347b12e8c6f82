package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ossd/engine/blob"
	"ossd/internal/crc64"
	"ossd/internal/throttle"
)

// Scrubbing says how Scrub goes about it and whom it tells.
type Scrubbing struct {
	Rate     int64                   // bytes a second that are read; 0: as fast as it goes
	Found    func(Finding)           // must not be nil
	Progress func(done, total int64) // bytes; may be nil. Total is what there was when the pass began.
}

// Scrubbed is what a pass has read.
type Scrubbed struct {
	Objects int64     `json:"objects"` // versions and parts
	Bytes   int64     `json:"bytes"`
	Damaged int64     `json:"damaged"` // of Objects; each is a finding
	Began   time.Time `json:"began"`
}

// Scrub reads the content of every object, version and part, whereby the engine
// verifies its checksums, and compares length and CRC64 with what the row says.
// What is damaged is reported and remembered (Damages), never deleted or changed:
// it may be whole again when a file is brought back.
func (s *Store) Scrub(ctx context.Context, c Scrubbing) (Scrubbed, error) {
	return s.scrub(ctx, c, &scrubState{Scrubbed: Scrubbed{Began: s.Now().UTC()}}, nil)
}

// scrub reads from where state is to the end. save, if set, is called now and then.
func (s *Store) scrub(ctx context.Context, c Scrubbing, state *scrubState, save func() error) (Scrubbed, error) {
	k := &scrubber{Store: s, Scrubbing: c, ctx: ctx, state: state, flow: throttle.New(c.Rate)}
	err := k.run(save)
	if err != nil {
		return state.Scrubbed, err
	}
	state.position, state.ended = nil, s.Now().UTC()
	if err := s.writeScrubState(ctx, state); err != nil {
		return state.Scrubbed, err
	}
	return state.Scrubbed, s.forgetHealed(ctx)
}

// scrubber is one pass.
type scrubber struct {
	*Store
	Scrubbing
	ctx     context.Context
	state   *scrubState
	flow    *throttle.Throttle
	total   int64
	damaged map[string]bool // contents that are remembered as damaged
}

// saveEvery is how many bytes a pass reads between two notes of how far it has come.
const saveEvery = 1 << 30

func (k *scrubber) run(save func() error) (err error) {
	if k.total, err = k.storedBytes(k.ctx); err != nil {
		return err
	}
	if k.damaged, err = k.damagedContents(k.ctx); err != nil {
		return err
	}
	saved := k.state.Bytes
	for {
		page, err := k.scrubPage(k.ctx, k.state.position)
		if err != nil {
			return err
		}
		for _, piece := range page.pieces {
			if err := k.scrubPiece(piece); err != nil {
				return err
			}
			k.state.position = piece.row
			if save != nil && k.state.Bytes-saved >= saveEvery {
				if err := save(); err != nil {
					return err
				}
				saved = k.state.Bytes
			}
		}
		if k.state.position = page.last; !page.more {
			return nil
		}
	}
}

// scrubPiece reads one content. Its error is one that ends the pass.
func (k *scrubber) scrubPiece(p piece) error {
	before := k.state.Bytes
	kind, what := k.readPiece(p)
	if err := k.ctx.Err(); err != nil {
		k.state.Bytes = before // it is read again when the pass goes on
		return err
	}
	k.state.Objects++
	if kind == "" {
		if k.damaged[p.name()] {
			return k.forgetDamage(k.ctx, p.name())
		}
		return nil
	}
	// The content may have been replaced since its row was read, and freed.
	still, err := k.stillThere(k.ctx, p)
	if err != nil || !still {
		return err
	}
	f := p.about()
	f.Kind, f.Text = kind, what
	if f.Blob != "" {
		f.File = blob.Inspect(k.Blobs).Where(blob.Ref(f.Blob))
	}
	k.state.Damaged++
	k.Found(f)
	return k.rememberDamage(k.ctx, p, f)
}

// readPiece returns what is wrong with a content, "" if nothing is.
func (k *scrubber) readPiece(p piece) (FindingKind, string) {
	r, err := k.open(k.ctx, p.content, 0, p.size)
	if err != nil {
		return damageOf(err), err.Error()
	}
	defer r.Close()
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	var read int64
	var crc uint64
	for {
		n, err := r.Read(buf[:])
		crc = crc64.Update(crc, buf[:n])
		read += int64(n)
		k.state.Bytes += int64(n)
		if k.Progress != nil {
			k.Progress(k.state.Bytes, max(k.total, k.state.Bytes))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return damageOf(err), fmt.Sprintf("behind byte %d: %v", read, err)
		}
		if err := k.flow.Wait(k.ctx, n); err != nil {
			return UnreadableBlob, err.Error()
		}
	}
	switch {
	case read != p.size:
		return WrongLength, fmt.Sprintf("there are %d bytes, %d were written", read, p.size)
	case crc != p.crc:
		return DamagedBlob, fmt.Sprintf("the CRC64 of what was written is %d, that of what is there %d", p.crc, crc)
	}
	return "", ""
}

func damageOf(err error) FindingKind {
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return MissingBlob
	case errors.Is(err, blob.ErrCorrupt):
		return DamagedBlob
	case errors.Is(err, io.ErrUnexpectedEOF):
		return WrongLength
	}
	return UnreadableBlob
}

// IsDamage tells whether an error of Open, or of what it returned, means that
// stored bytes are lost or damaged, rather than that the reader has gone.
func IsDamage(err error) bool {
	return errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrNotFound)
}
