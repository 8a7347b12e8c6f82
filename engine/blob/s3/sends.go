package s3

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
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
	landFor   = 2 * time.Second // for parts that are on their way when their upload is aborted
	maxFlying = 3               // parts of one writer that are on their way
	groupMark = "~"             // between a reference and the number of a group of its parts
)

// sends are the parts of one blob. What is on its way when the caller's context
// ends goes on, for a while at most: a store may keep a part that arrives while its
// upload is aborted.
type sends struct {
	w      *writer
	ctx    context.Context // of the parts
	cancel context.CancelFunc
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

func newSends(w *writer) *sends {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.ctx))
	return &sends{w: w, ctx: ctx, cancel: cancel, landed: make(chan landing, maxFlying)}
}

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
	return s.land(ctx)
}

// land waits for a part to be sent, and returns its buffer.
func (s *sends) land(ctx context.Context) (*partBuffer, error) {
	select {
	case l := <-s.landed:
		s.flying--
		l.to.parts[l.number-1].ETag = l.etag
		if s.err == nil {
			s.err = l.err
		}
		if s.err != nil {
			s.w.store.buffers.give(l.buffer)
			return nil, s.err
		}
		return l.buffer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// landAll waits until no more than some are on their way.
func (s *sends) landAll(ctx context.Context, but int) error {
	for s.flying > but {
		b, err := s.land(ctx)
		if err != nil {
			return err
		}
		s.w.store.buffers.give(b)
	}
	return s.err
}

// part sends b, which lies in a buffer that from now on is not the caller's.
func (s *sends) part(ctx context.Context, b []byte, buffer *partBuffer) error {
	to, err := s.target(ctx)
	if err == nil {
		err = s.landAll(ctx, maxFlying-1)
	}
	if err != nil {
		s.w.store.buffers.give(buffer)
		return err
	}
	number := to.next()
	s.flying++
	go func() {
		etag, err := to.send(s.ctx, number, b)
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
	if err := s.landAll(ctx, 0); err != nil {
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
	if err := s.landAll(ctx, 0); err != nil {
		return err
	}
	if s.group != nil {
		if err := s.fold(ctx); err != nil {
			return err
		}
	}
	return s.main.complete(ctx)
}

// abort drops what was sent.
func (s *sends) abort() error {
	late := time.AfterFunc(landFor, s.cancel)
	defer late.Stop()
	for s.flying > 0 {
		s.landAll(s.ctx, 0)
		if s.ctx.Err() != nil { // they end at once now
			s.w.store.buffers.give((<-s.landed).buffer)
			s.flying--
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), tidyFor)
	defer cancel()
	var errs []error
	for _, u := range []*upload{s.group, s.main} {
		if u != nil {
			errs = append(errs, u.abort(ctx))
		}
	}
	if s.group != nil { // it may have become an object already
		errs = append(errs, s.w.store.remove(ctx, s.group.name))
	}
	return errors.Join(errs...)
}
