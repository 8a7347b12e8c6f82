package postgres

import (
	"bytes"
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"ossd/engine/meta"
)

// reader is a meta.Snapshot. Its session is nil once its function has returned.
type reader struct {
	ctx     context.Context
	session *session

	own   overlay           // what the transaction wrote; empty in a View
	known map[string][]byte // rows that came with the locks, or were expected; nil: there is none
}

func (r *reader) Get(key []byte) ([]byte, error) {
	if r.session == nil {
		return nil, errEnded
	}
	if w, ok := r.own[string(key)]; ok {
		return own(w.value)
	}
	if value, ok := r.known[string(key)]; ok {
		return own(value)
	}
	var value []byte
	sql := &r.session.store.sql
	err := r.session.ask(r.ctx, statement{sql: sql.get, args: []any{some(key)}, read: func(rows pgx.Rows) error {
		value = nil
		if rows.Next() {
			return rows.Scan(&value)
		}
		return nil
	}})
	switch {
	case err != nil:
		return nil, explain(r.ctx, "get", err)
	case value == nil:
		return nil, meta.ErrNotFound
	}
	return value, nil
}

// Expect implements meta.Expecter.
func (r *reader) Expect(keys ...[]byte) error {
	if r.session == nil {
		return errEnded
	}
	return explain(r.ctx, "get", r.session.ask(r.ctx, r.expected(keys)))
}

// expected reads rows to be known from then on.
func (r *reader) expected(keys [][]byte) statement {
	return statement{sql: r.session.store.sql.getMany, args: []any{keys}, read: func(rows pgx.Rows) error {
		if r.known == nil {
			r.known = make(map[string][]byte, len(keys))
		}
		for _, key := range keys {
			r.known[string(key)] = nil
		}
		for rows.Next() {
			var key, value []byte
			if err := rows.Scan(&key, &value); err != nil {
				return err
			}
			r.known[string(key)] = value
		}
		return nil
	}}
}

// own copies a value for the caller; nil stands for no row.
func own(value []byte) ([]byte, error) {
	if value == nil {
		return nil, meta.ErrNotFound
	}
	return bytes.Clone(value), nil
}

// some is a key or a value that pgx does not take for NULL.
func some(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (r *reader) Scan(lo, hi []byte) iter.Seq2[meta.Row, error] {
	if hi == nil {
		hi = behind
	}
	lo, hi = bytes.Clone(some(lo)), bytes.Clone(hi)
	return func(yield func(meta.Row, error) bool) {
		if r.session == nil {
			yield(meta.Row{}, errEnded)
			return
		}
		rows := merged{stored: &batches{from: r, lo: lo, hi: hi}, writes: r.own.between(lo, hi)}
		for {
			some, err := rows.next()
			if err != nil {
				yield(meta.Row{}, err)
				return
			}
			if !some || !yield(meta.Row{Key: rows.key, Value: rows.value}, nil) {
				return
			}
		}
	}
}

// batches reads the stored rows with lo ≤ key < hi by the batch: a few at first, since most
// scans are short, and never many bytes.
type batches struct {
	from   *reader
	lo, hi []byte
	limit  int
	rows   []meta.Row // those that have been read and not been used
	ended  bool
}

const (
	firstBatch   = 32
	largestBatch = 1024 // rows
	batchBytes   = 1 << 20
)

// more reports whether there is a row, rows[0].
func (b *batches) more() (bool, error) {
	if len(b.rows) > 0 || b.ended || bytes.Compare(b.lo, b.hi) >= 0 {
		return len(b.rows) > 0, nil
	}
	if b.from.session == nil {
		return false, errEnded
	}
	b.limit = min(max(firstBatch, b.limit*8), largestBatch)
	size := 0
	sql := &b.from.session.store.sql
	read := func(rows pgx.Rows) error {
		b.rows, size = make([]meta.Row, 0, firstBatch), 0
		for rows.Next() {
			var row meta.Row
			if err := rows.Scan(&row.Key, &row.Value); err != nil {
				return err
			}
			b.rows = append(b.rows, row)
			size += len(row.Value)
		}
		return nil
	}
	err := b.from.session.ask(b.from.ctx, statement{sql: sql.scan, args: []any{b.lo, b.hi, b.limit, batchBytes}, read: read})
	if err != nil {
		b.rows = nil
		return false, explain(b.from.ctx, "scan", err)
	}
	b.ended = len(b.rows) < b.limit && size < batchBytes
	if n := len(b.rows); n > 0 {
		b.lo = append(bytes.Clone(b.rows[n-1].Key), 0) // the next key in byte order
	}
	return len(b.rows) > 0, nil
}
