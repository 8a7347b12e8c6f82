package s3

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// limits are S3's: an upload has at most 10,000 parts, and what is copied into one
// is at most 5 GiB. So 24 TiB fit into a blob.
type limits struct {
	direct int // parts of a blob that are sent into it
	group  int // parts of each later one, which is made of an object
	all    int // parts of a blob
}

var defaultLimits = limits{direct: 5000, group: 1000, all: 10_000}

const (
	maxFlying = 3   // parts of one writer that are on their way
	groupMark = "~" // between a reference and the number of a group of its parts
)

// sends are the parts of one blob.
type sends struct {
	w      *writer
	main   *upload // nil until the first part is sent
	group  *upload // nil, or the one that becomes the next part of main
	flying int
	landed chan landing
	err    error // of the first part that failed
}

// landing is what became of a part.
type landing struct {
	to     *upload
	number int
	etag   string
	buffer *partBuffer
	err    error
}

func newSends(w *writer) *sends { return &sends{w: w, landed: make(chan landing, maxFlying)} }

func (s *sends) begun() bool { return s.main != nil }

// buffer returns one that is free, or else that of a part of ours once it is sent,
// so that many writers share few.
func (s *sends) buffer(ctx context.Context) (*partBuffer, error) {
	buffers := s.w.store.buffers
	if s.flying < maxFlying {
		if b := buffers.try(); b != nil {
			return b, nil
		}
	}
	if s.flying == 0 {
		return buffers.wait(ctx, s.w.store.config.Stall)
	}
	b := s.land()
	if s.err != nil {
		buffers.give(b)
		return nil, s.err
	}
	return b, nil
}

// land waits for a part to be sent, which the store's patience bounds.
func (s *sends) land() *partBuffer {
	l := <-s.landed
	s.flying--
	l.to.parts[l.number-1].ETag = l.etag
	if s.err == nil {
		s.err = l.err
	}
	return l.buffer
}

// landAll waits for all of them.
func (s *sends) landAll() error {
	for s.flying > 0 {
		s.w.store.buffers.give(s.land())
	}
	return s.err
}

// part sends b, which lies in a buffer that from now on is not the caller's.
func (s *sends) part(ctx context.Context, b []byte, buffer *partBuffer) error {
	to, err := s.target(ctx)
	if err != nil {
		s.w.store.buffers.give(buffer)
		return err
	}
	for s.flying >= maxFlying {
		s.w.store.buffers.give(s.land())
	}
	number := to.next()
	s.flying++
	go func() {
		etag, err := to.send(s.w.ctx, number, b)
		s.landed <- landing{to, number, etag, buffer, err}
	}()
	return nil
}

// target returns the upload that the next part belongs to.
func (s *sends) target(ctx context.Context) (to *upload, err error) {
	limits, store := s.w.store.limits, s.w.store
	if s.main == nil {
		s.main, err = store.begin(ctx, s.w.name)
		return s.main, err
	}
	if len(s.main.parts) < limits.direct {
		return s.main, nil
	}
	if s.group != nil && len(s.group.parts) == limits.group {
		if err := s.fold(ctx); err != nil {
			return nil, err
		}
	}
	if s.group == nil {
		if len(s.main.parts) == limits.all {
			return nil, fmt.Errorf("blob/s3: %s is longer than any blob may be", s.w.name)
		}
		s.group, err = store.begin(ctx, s.w.name+groupMark+strconv.Itoa(len(s.main.parts)+1))
	}
	return s.group, err
}

// fold makes the group an object, and of that the next part of the blob: parts
// stay small enough for memory, and still blobs have no end.
func (s *sends) fold(ctx context.Context) error {
	if err := s.landAll(); err != nil {
		return err
	}
	if err := s.group.complete(ctx); err != nil {
		return err
	}
	if err := s.main.copy(ctx, s.main.next(), s.group.name); err != nil {
		return err
	}
	name := s.group.name
	s.group = nil
	return s.w.store.remove(ctx, name)
}

func (s *sends) complete(ctx context.Context) error {
	// The parts hang on Create's context, waiting for them on this one too.
	defer context.AfterFunc(ctx, s.w.cancel)()
	if err := s.landAll(); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	if s.group != nil {
		if err := s.fold(ctx); err != nil {
			return err
		}
	}
	return s.main.complete(ctx)
}

// abort waits for what is on its way, which was cancelled, and drops it.
func (s *sends) abort() error {
	s.landAll()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.w.ctx), tidyFor)
	defer cancel()
	var errs []error
	for _, u := range []*upload{s.group, s.main} {
		if u != nil {
			errs = append(errs, u.abort(ctx))
		}
	}
	if s.group != nil {
		errs = append(errs, s.w.store.remove(ctx, s.group.name))
	}
	return errors.Join(errs...)
}
