package audit

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// FileName is the log's file in its directory. Older ones lie beside it, as
// audit-TIME.jsonl or audit-TIME.jsonl.gz, where TIME is when they were put aside.
const FileName = "audit.jsonl"

// Line is one record as it stands in the log.
type Line struct {
	Record
	Text []byte // without the line feed; valid until the next one
}

// Search calls fn for the records in a directory that the filter wants, the
// oldest first. It returns fn's error as it is.
func Search(ctx context.Context, dir string, f Filter, fn func(Line) error) error {
	files, err := Files(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		if at, ok := putAside(file); ok && at.Before(f.Since) {
			continue // all that is in it is older still
		}
		if err := searchFile(ctx, file, f, fn); err != nil {
			return err
		}
	}
	return nil
}

// Files lists the log's files, the oldest first.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if _, ok := putAside(e.Name()); ok {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files) // the time is in the name
	current := filepath.Join(dir, FileName)
	if _, err := os.Stat(current); err == nil {
		files = append(files, current)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return files, nil
}

// putAside reads the time in the name of an older file.
func putAside(file string) (time.Time, bool) {
	name := strings.TrimSuffix(filepath.Base(file), ".gz")
	stamp, ok := strings.CutPrefix(name, "audit-")
	stamp, ok2 := strings.CutSuffix(stamp, ".jsonl")
	at, err := time.Parse("2006-01-02T15-04-05.000", stamp)
	return at, ok && ok2 && err == nil
}

func searchFile(ctx context.Context, file string, f Filter, fn func(Line) error) error {
	in, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has been put aside, or removed, since it was listed
	}
	if err != nil {
		return err
	}
	defer in.Close()
	var from io.Reader = in
	if strings.HasSuffix(file, ".gz") {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		from = unpacked
	}
	if err := searchLines(ctx, bufio.NewReaderSize(from, 256<<10), f, fn); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// searchLines reads to the end. What follows the last line feed is being
// written at this moment, and is left alone; a line that is no record is passed over.
func searchLines(ctx context.Context, from *bufio.Reader, f Filter, fn func(Line) error) error {
	for {
		text, err := from.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		line := Line{Text: text[:len(text)-1]}
		if json.Unmarshal(line.Text, &line.Record) != nil || !f.wants(&line.Record) {
			continue
		}
		if err := fn(line); err != nil {
			return err
		}
	}
}

// followInterval is how often Follow looks for new records.
const followInterval = 250 * time.Millisecond

// Follow calls fn for the records that are written from now on, until ctx ends.
func Follow(ctx context.Context, dir string, f Filter, fn func(Line) error) error {
	file := filepath.Join(dir, FileName)
	var offset int64
	if info, err := os.Stat(file); err == nil {
		offset = info.Size()
	}
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		read, err := readNew(ctx, file, offset, f, fn)
		if err != nil {
			return err
		}
		offset = read
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// readNew reads what is behind offset and returns the new offset. A file that
// is shorter than that is a new one.
func readNew(ctx context.Context, file string, offset int64, f Filter, fn func(Line) error) (int64, error) {
	in, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return offset, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return offset, err
	}
	if info.Size() < offset {
		offset = 0
	}
	if _, err := in.Seek(offset, io.SeekStart); err != nil {
		return offset, err
	}
	whole := &wholeLines{r: in}
	err = searchLines(ctx, bufio.NewReader(whole), f, fn)
	if ctx.Err() != nil {
		err = nil
	}
	return offset + whole.length, err
}

// wholeLines counts the bytes up to the last line feed that was read.
type wholeLines struct {
	r            io.Reader
	seen, length int64
}

func (w *wholeLines) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			w.length = w.seen + int64(i) + 1
		}
	}
	w.seen += int64(n)
	return n, err
}
