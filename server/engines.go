package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"ossd/engine/blob"
	blobfile "ossd/engine/blob/file"
	"ossd/engine/blob/segment"
	"ossd/engine/meta"
	"ossd/engine/meta/pebble"
	"ossd/objectstore"
)

// openRows opens the rows in a data directory.
func openRows(data string, log *slog.Logger) (*pebble.Store, error) {
	dir := filepath.Join(data, "meta")
	rows, err := pebble.Open(pebble.Config{Dir: dir, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("opening the metadata in %s: %w", dir, err)
	}
	return rows, nil
}

// openBlobs opens the contents in a data directory. closers are to be run in reverse order.
func openBlobs(data string, reserve int64) (blobs blob.Store, closers []func() error, err error) {
	dir := filepath.Join(data, "blob")
	large, err := blobfile.Open(blobfile.Config{Dir: dir, ReserveBytes: reserve})
	if err != nil {
		return nil, nil, fmt.Errorf("opening the contents in %s: %w", dir, err)
	}
	closers = append(closers, large.Close)
	dir = filepath.Join(data, "segments")
	small, err := segment.Open(segment.Config{Dir: dir, Large: large, ReserveBytes: reserve})
	if err != nil {
		return nil, closers, fmt.Errorf("opening the contents in %s: %w", dir, err)
	}
	return small, append(closers, small.Close), nil
}

func (s *Server) openEngines(ctx context.Context) error {
	if s.isElsewhere() {
		if err := s.openElsewhere(ctx); err != nil {
			return err
		}
	}
	if s.Rows == nil {
		rows, err := openRows(s.Data, s.Log)
		if err != nil {
			return err
		}
		s.Rows = rows
		s.onClose(rows.Close)
	}
	if s.Blobs == nil {
		blobs, closers, err := openBlobs(s.Data, s.ReserveBytes)
		for _, f := range closers {
			s.onClose(f)
		}
		if err != nil {
			return err
		}
		s.Blobs = blobs
	}
	s.store = objectstore.New(s.storeConfig())
	return nil
}

// checkpointer returns the rows if they lie in files.
func checkpointer(rows meta.Store) meta.Checkpointer {
	c, _ := rows.(meta.Checkpointer)
	return c
}

// storeConfig is that of the rules. Ages that are 0 are as objectstore has them.
func (s *Server) storeConfig() objectstore.Config {
	c := objectstore.Config{Rows: s.Rows, Blobs: s.Blobs, Now: s.Now, Grace: s.KeepDeleted, RestoreDelay: s.RestoreDelay, UploadAge: s.UploadAge}
	if s.isElsewhere() {
		c.Grace, c.SearchInterval, c.OrphanAge = cmp.Or(c.Grace, sharedGrace), sharedSearch, sharedOrphanAge
	}
	return c
}
