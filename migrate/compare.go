package migrate

import (
	"bytes"
	"context"
	"errors"

	"ossd/engine/meta"
)

// change is what the destination lacks to be like the source.
type change struct {
	meta.Row
	remove bool // the source has no such row
}

// A page is read in one View, which does not last long, and is held in memory.
const (
	pageRows  = 2000
	pageBytes = 4 << 20
)

// page is some of the rows from lo on, all below end; a nil end means all that follow.
type page struct {
	rows []meta.Row
	end  []byte
}

// readPage reads rows with lo ≤ key < hi, at least one if there is one.
func (m *mover) readPage(ctx context.Context, rows meta.Store, lo, hi []byte) (p page, err error) {
	err = rows.View(ctx, func(rows meta.Snapshot) error {
		p = page{end: hi}
		size := 0
		for row, err := range rows.Scan(lo, hi) {
			if err != nil {
				return err
			}
			if len(p.rows) == m.pageRows || size >= pageBytes {
				p.end = bytes.Clone(row.Key)
				return nil
			}
			p.rows = append(p.rows, meta.Row{Key: bytes.Clone(row.Key), Value: bytes.Clone(row.Value)})
			size += len(row.Key) + len(row.Value)
		}
		return nil
	})
	return p, err
}

// compare reads the rows with lo ≤ key < hi of source and destination side by side
// and calls fn, in order, with what the destination lacks: once a page, also if
// that is nothing, with how many rows of the source the page had. The mark counts
// for neither.
func (m *mover) compare(ctx context.Context, lo, hi []byte, fn func(changes []change, rows int) error) error {
	for {
		from, to, err := m.readBoth(ctx, lo, hi)
		if err != nil {
			return err
		}
		end := earlier(from.end, to.end)
		rows := before(from.rows, end)
		if err := fn(differences(rows, before(to.rows, end)), len(rows)); err != nil {
			return err
		}
		if bytes.Equal(end, hi) {
			return ctx.Err()
		}
		lo = end
	}
}

// readBoth reads a page of each store at the same time.
func (m *mover) readBoth(ctx context.Context, lo, hi []byte) (from, to page, err error) {
	other := make(chan error, 1)
	go func() {
		var err error
		to, err = m.readPage(ctx, m.To.Rows, lo, hi)
		other <- destinationError(err)
	}()
	from, err = m.readPage(ctx, m.From.Rows, lo, hi)
	return from, to, errors.Join(err, <-other)
}

// earlier returns the smaller of two ends, where nil is behind everything.
func earlier(a, b []byte) []byte {
	if a == nil || b != nil && bytes.Compare(b, a) < 0 {
		return b
	}
	return a
}

// before cuts off rows at an end, and the mark out.
func before(rows []meta.Row, end []byte) []meta.Row {
	kept := rows[:0]
	for _, row := range rows {
		if end != nil && bytes.Compare(row.Key, end) >= 0 {
			break
		}
		if !isMark(row.Key) {
			kept = append(kept, row)
		}
	}
	return kept
}

// differences merges the rows of a range, in ascending order each.
func differences(from, to []meta.Row) (changes []change) {
	for len(from) > 0 || len(to) > 0 {
		order := 0
		switch {
		case len(from) == 0:
			order = 1
		case len(to) == 0:
			order = -1
		default:
			order = bytes.Compare(from[0].Key, to[0].Key)
		}
		switch {
		case order < 0:
			changes = append(changes, change{Row: from[0]})
			from = from[1:]
		case order > 0:
			changes = append(changes, change{Row: meta.Row{Key: to[0].Key}, remove: true})
			to = to[1:]
		default:
			if !bytes.Equal(from[0].Value, to[0].Value) {
				changes = append(changes, change{Row: from[0]})
			}
			from, to = from[1:], to[1:]
		}
	}
	return changes
}
