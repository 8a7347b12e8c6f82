package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"ossd/backup"
	"ossd/care"
	"ossd/internal/durable"
	"ossd/objectstore"
)

// OpenStopped opens the store in a data directory to look after it, in the place
// of a server. While one runs, also as a node, the error wraps durable.ErrLocked. It needs
// no master key, and nothing happens in the background.
func OpenStopped(_ context.Context, data string, log *slog.Logger) (_ *care.Local, err error) {
	isNode := checkFormat(data, nodeFormat) == nil
	if err := checkFormat(data, dataFormat); err != nil && !isNode {
		return nil, err
	}
	var closers []func() error
	closeAll := func() (err error) {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
		closers = nil
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	lock, err := durable.LockFile(filepath.Join(data, "LOCK"))
	if err != nil {
		return nil, err
	}
	closers = append(closers, lock.Unlock)
	if isNode {
		return nil, fmt.Errorf("%s belongs to a node whose store is elsewhere, and which is not running: start it, or name the directory of one that runs", data)
	}
	rows, err := openRows(data, log)
	if err != nil {
		return nil, err
	}
	closers = append(closers, rows.Close)
	blobs, more, err := openBlobs(data, 0)
	if closers = append(closers, more...); err != nil {
		return nil, err
	}
	if _, err := backup.Lineage(data); err != nil {
		return nil, err
	}
	return &care.Local{Objects: objectstore.New(objectstore.Config{Rows: rows, Blobs: blobs}), Rows: rows, Data: data, OnClose: closeAll, Alone: true, Destination: destination(log)}, nil
}

// openCare starts what looks after the store in the background, and offers what
// others may do meanwhile. It comes last: what it starts is stopped first.
func (s *Server) openCare(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	s.onClose(func() error { stop(); running.Wait(); return nil })
	background := func(name string, job func(context.Context)) {
		running.Go(func() { s.once(ctx, name, job) })
	}
	background("sweep", func(ctx context.Context) { s.store.RunSweeper(ctx, s.SweepInterval, s.reportSweep) })
	if s.directory.SharesRows() {
		background("nonces", s.forgetNonces)
	} else { // elsewhere every row would travel to be counted
		background("count", s.countStored)
	}
	if s.ScrubInterval > 0 {
		scrubbing := objectstore.Scrubbing{Rate: s.ScrubRate, Found: s.reportDamage, Progress: s.metrics.scrubbing}
		background("scrub", func(ctx context.Context) { s.store.RunScrubber(ctx, s.ScrubInterval, scrubbing, s.reportScrub) })
	}
	if s.Data == "" {
		return nil
	}
	s.metrics.watchData(s.Data, s.store)
	if _, err := backup.Lineage(s.Data); err != nil {
		return err
	}
	if err := care.RemoveCheckpoint(s.Data); err != nil {
		return err
	}
	l, err := care.Listen(s.Data)
	if err != nil {
		s.Log.Warn("ossd backup, check, scrub and migrate will work only while the server is stopped", "error", err)
		return nil
	}
	keeper := &care.Local{Objects: s.store, Rows: checkpointer(s.Rows), Data: s.Data}
	if !s.isElsewhere() {
		keeper.Destination = destination(s.Log)
	}
	running.Go(func() {
		if err := care.Serve(ctx, l, keeper, s.Log); err != nil {
			s.Log.Error("ossd backup, check, scrub and migrate do not work any more", "error", err)
		}
	})
	return nil
}

func (s *Server) reportSweep(swept objectstore.Swept, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.Log.Error("sweeping failed; the next pass goes on", "error", err)
	}
	s.metrics.sweptSome(swept)
	if swept.Garbage+swept.Orphans+swept.Uploads > 0 {
		s.Log.Info("swept", "garbage", swept.Garbage, "orphans", swept.Orphans, "uploads", swept.Uploads)
	}
}

func (s *Server) reportDamage(f objectstore.Finding) {
	s.Log.Error("scrubbing found damage; ossd check lists all of it", "kind", f.Kind, "bucket", f.Bucket, "key", f.Key, "version", f.Version,
		"upload", f.Upload, "part", f.Part, "file", f.File, "text", f.Text)
}

func (s *Server) reportScrub(done objectstore.Scrubbed, err error) {
	if err != nil {
		s.Log.Error("scrubbing failed; it goes on in an hour", "error", err)
		return
	}
	s.metrics.scrubbed()
	s.Log.Info("scrubbed", "objects", done.Objects, "bytes", done.Bytes, "damaged", done.Damaged, "since", done.Began)
}

// How often what the store holds is counted for the metrics. It takes about a
// second a million objects, so the first time comes when the start is over.
const (
	firstCount = time.Minute
	countEvery = 6 * time.Hour
)

func (s *Server) countStored(ctx context.Context) {
	for wait := firstCount; ; wait = countEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		stored, err := s.store.Stored(ctx)
		if err == nil {
			s.metrics.counted(stored)
		} else if ctx.Err() == nil {
			s.Log.Error("what is stored cannot be counted", "error", err)
		}
	}
}

// nonceInterval is how often nonces are removed whose time is past.
const nonceInterval = 10 * time.Minute

func (s *Server) forgetNonces(ctx context.Context) {
	for {
		if _, err := s.directory.ForgetNonces(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("old nonces cannot be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(nonceInterval):
		}
	}
}

// lastBackup is when the store was last backed up; zero if it never was.
func lastBackup(data string) (time.Time, error) {
	r, err := care.LastBackup(data)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	return r.Time, err
}
