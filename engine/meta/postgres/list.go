package postgres

import (
	"bytes"

	"github.com/jackc/pgx/v5"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/lister"
)

func (r *reader) List(q meta.ListQuery) (meta.ListPage, error) {
	if r.session == nil {
		return meta.ListPage{}, errEnded
	}
	if q.Limit < 1 {
		return meta.ListPage{}, lister.ErrLimit
	}
	lo, hi := lister.Bounds(q)
	if hi == nil {
		hi = behind
	}
	if len(r.own.between(lo, hi)) > 0 {
		c := &cursor{from: r, hi: hi}
		return lister.Page(c, q)
	}
	start, some := lister.Begin(q)
	if !some {
		return meta.ListPage{}, nil
	}
	return r.list(q, start, hi)
}

// list is one statement.
func (r *reader) list(q meta.ListQuery, start, hi []byte) (page meta.ListPage, err error) {
	kind := listKind{rolledUp: len(q.Delimiter) > 0, keysOnly: q.KeysOnly}
	args := []any{start, hi, q.Limit + 1}
	if kind.rolledUp {
		args = append(args, q.Delimiter, len(q.Range)+len(q.Prefix), behind)
	}
	read := func(rows pgx.Rows) error {
		page = meta.ListPage{}
		for rows.Next() {
			var e meta.Entry
			if err := rows.Scan(&e.Name, &e.Value, &e.CommonPrefix); err != nil {
				return err
			}
			if page.More = len(page.Entries) == q.Limit; !page.More {
				e.Name = e.Name[len(q.Range):]
				page.Entries = append(page.Entries, e)
			}
		}
		return nil
	}
	if err := r.session.ask(r.ctx, statement{sql: r.session.store.sql.list[kind], args: args, read: read}); err != nil {
		return meta.ListPage{}, explain(r.ctx, "list", err)
	}
	return page, nil
}

// cursor is a lister.Cursor over what a transaction has written in the range of a
// listing, and the rows beneath. It costs a round trip for each common prefix.
type cursor struct {
	from *reader
	hi   []byte
	rows merged
	err  error
}

func (c *cursor) SeekGE(key []byte) bool {
	lo := bytes.Clone(key)
	c.rows = merged{stored: &batches{from: c.from, lo: lo, hi: c.hi}, writes: c.from.own.between(lo, c.hi)}
	return c.Next()
}

func (c *cursor) Next() bool {
	some, err := c.rows.next()
	c.err = err
	return some
}

func (c *cursor) Key() []byte                  { return c.rows.key }
func (c *cursor) ValueAndErr() ([]byte, error) { return c.rows.value, nil }
func (c *cursor) Error() error                 { return c.err }
