package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"ossd/engine/blob"
	"ossd/engine/blob/s3"
	"ossd/engine/meta"
	"ossd/engine/meta/lease"
	"ossd/engine/meta/postgres"
	"ossd/migrate"
)

// What a store elsewhere needs that one in a directory does not: it is shared by
// several servers (nodes), and can be away.
const (
	// sharedGrace is how long replaced and deleted bytes stay readable: longer than any answer
	// takes, since a node does not know what the others are reading.
	sharedGrace = 6 * time.Hour

	// sharedSearch is how often contents without a row are searched for: each search
	// lists the whole bucket, which costs requests, and money where they are counted.
	sharedSearch = 7 * 24 * time.Hour

	// sharedOrphanAge is how old contents without a row must be to be swept: some stores
	// tell the age of the upload that they came by, which may have been slow.
	sharedOrphanAge = 7 * 24 * time.Hour

	// startPatience is how long a start waits for what cannot be reached yet.
	startPatience = time.Minute
)

// isElsewhere tells whether rows and contents lie in other servers' hands.
func (c *Config) isElsewhere() bool { return c.MetadataURL != "" || c.BlobsURL != "" }

// checkElsewhere refuses what cannot work before anything is made.
func (c *Config) checkElsewhere() error {
	switch {
	case !c.isElsewhere():
		return nil
	case c.MetadataURL == "" || c.BlobsURL == "":
		return errors.New("--metadata and --blobs go together: rows in PostgreSQL belong to contents in an S3-compatible store")
	case c.Data == "":
		return errors.New("a node needs a data directory, for its certificates and its audit log")
	}
	return nil
}

// openRowsAt opens the rows that a URL names.
func openRowsAt(ctx context.Context, url string, log *slog.Logger) (*postgres.Store, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New("--metadata: write it as postgres://user@host/database") // the text may hold a password
	}
	rows, err := postgres.Open(ctx, postgres.Config{URL: url, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("opening the metadata: %w", err)
	}
	return rows, nil
}

// openBlobsAt opens the contents that a URL names, with the credentials in an environment.
func openBlobsAt(ctx context.Context, url string, getenv func(string) string, log *slog.Logger) (*s3.Store, error) {
	config, err := s3.ParseIn(url, getenv)
	if err != nil {
		return nil, fmt.Errorf("--blobs: %w", err)
	}
	config.Logger = log
	blobs, err := s3.Open(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the contents: %w", err)
	}
	return blobs, nil
}

func (s *Server) openElsewhere(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	rows, err := patiently(ctx, s.Log, meta.ErrUnavailable, func() (*postgres.Store, error) { return openRowsAt(ctx, s.MetadataURL, s.Log) })
	if err != nil {
		return err
	}
	s.Rows = rows
	s.onClose(rows.Close)
	if err := migrate.UnderWay(ctx, rows); err != nil {
		return err
	}
	blobs, err := patiently(ctx, s.Log, blob.ErrUnavailable, func() (*s3.Store, error) { return openBlobsAt(ctx, s.BlobsURL, os.Getenv, s.Log) })
	if err != nil {
		return err
	}
	s.Blobs = blobs
	s.onClose(blobs.Close)
	return matchOwner(ctx, rows, blobs)
}

// destination opens what a store in a directory moves to. Whoever asks for that
// looks on, so nothing is waited for.
func destination(log *slog.Logger) func(context.Context, migrate.Target) (migrate.Destination, func() error, error) {
	return func(ctx context.Context, t migrate.Target) (to migrate.Destination, closeAll func() error, err error) {
		rows, err := openRowsAt(ctx, t.MetadataURL(), log)
		if err != nil {
			return to, nil, err
		}
		blobs, err := openBlobsAt(ctx, t.Blobs, t.Getenv, log)
		if err != nil {
			return to, nil, errors.Join(err, rows.Close())
		}
		return migrate.Destination{Rows: rows, Blobs: blobs}, func() error { return errors.Join(blobs.Close(), rows.Close()) }, nil
	}
}

// patiently tries again while an engine cannot be reached: whoever starts
// everything at once should not have to care for the order.
func patiently[S any](ctx context.Context, log *slog.Logger, unavailable error, open func() (S, error)) (S, error) {
	for said := false; ; said = true {
		opened, err := open()
		if !errors.Is(err, unavailable) {
			return opened, err
		}
		if !said {
			log.Warn("waiting for what cannot be reached yet", "error", err, "at most", startPatience)
		}
		select {
		case <-ctx.Done():
			return opened, err
		case <-time.After(time.Second):
		}
	}
}

// once runs a job, on one node only where there are several.
func (s *Server) once(ctx context.Context, name string, job func(context.Context)) {
	if !s.directory.SharesRows() {
		job(ctx)
		return
	}
	lease.Run(ctx, lease.Config{Rows: s.Rows, Name: name}, job)
}
