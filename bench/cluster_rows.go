package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// weigh finds what the rows of many objects take in PostgreSQL. The objects that were put have real rows;
// from each of them others are made whose keys end in a number, in an order that has nothing to do with the
// keys', as objects come.
func (c *clustered) weigh(ctx context.Context, o options, r *report) error {
	db, err := pgx.Connect(ctx, c.Postgres.URL())
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	// The rows of objects are those with the longest keys: buckets, users and leases are a handful.
	var before, made, after, data, index int64
	var key, value float64
	const count = `select count(*), avg(length(key)), avg(length(value)) from ossd.rows where position(convert_to('objects/', 'UTF8') in key) > 0`
	if err := db.QueryRow(ctx, count).Scan(&before, &key, &value); err != nil {
		return err
	}
	const multiply = `insert into ossd.rows select key || convert_to('-' || n, 'UTF8'), value from ossd.rows, generate_series(1, $1) n
		where position(convert_to('objects/', 'UTF8') in key) > 0 order by hashtext(key::text || n)`
	copies := max(1, int64(o.rows)/max(1, before)) - 1
	tag, err := db.Exec(ctx, multiply, copies)
	if err != nil {
		return err
	}
	made = tag.RowsAffected()
	if _, err := db.Exec(ctx, "vacuum analyze ossd.rows"); err != nil {
		return err
	}
	const weigh = `select count(*), pg_table_size('ossd.rows'), pg_indexes_size('ossd.rows') from ossd.rows`
	if err := db.QueryRow(ctx, weigh).Scan(&after, &data, &index); err != nil {
		return err
	}
	per := func(bytes int64) string { return figure(float64(bytes) / float64(after)) }
	r.add(table{
		title:   fmt.Sprintf("Rows of %d objects in PostgreSQL, made of those of %d", after, before),
		columns: []string{"", "bytes an object"},
		rows: [][]string{
			{"key", figure(key)}, {"value", figure(value)}, {"table", per(data)}, {"index", per(index)}, {"together", per(data + index)},
		},
		note: fmt.Sprintf("pg_table_size and pg_indexes_size after VACUUM, %d rows inserted in random order; what was put over and over before is in the table.", made),
	})
	return nil
}
