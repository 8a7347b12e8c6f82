package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ossd/protocol/signature"
)

const weighedBucket = "bench-weighed"

// weigh finds what the rows of many objects take in PostgreSQL. A thousand objects are put; a table of its
// own gets their rows many times, with a number behind each key, in an order that has nothing to do with the
// keys', as objects come.
func (c *clustered) weigh(ctx context.Context, o options, r *report) error {
	const put = 1000
	if err := c.all.bucket(weighedBucket); err != nil {
		return err
	}
	content, err := random(smallSize)
	if err != nil {
		return err
	}
	requests := c.all.objects(signature.V4URL, c.all.cred, "PUT", weighedBucket, put, content)
	if _, err := load(ctx, c.all.process, requests, extent{connections: o.connections}); err != nil {
		return err
	}
	db, err := pgx.Connect(ctx, c.Postgres.URL())
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	// An object has a row whose key ends in its name, and one that tells whose its bytes are, whose value does.
	const mine = `convert_to('` + weighedBucket + `', 'UTF8')`
	for _, sql := range []string{
		`create table weighed (like ossd.rows including all)`,
		fmt.Sprintf(`insert into weighed select key || convert_to('-' || n, 'UTF8'), value from ossd.rows, generate_series(1, %d) n
			where (position(%s in key) > 0 or position(%[2]s in value) > 0) and (position('objects/'::bytea in key) > 0 or position('objects/'::bytea in value) > 0)
			order by hashtext(key::text || n)`, max(1, o.rows/put), mine),
		`vacuum analyze weighed`,
	} {
		if _, err := db.Exec(ctx, sql); err != nil {
			return err
		}
	}
	var rows, table, index int64
	var key, value float64
	const sizes = `select count(*), avg(length(key)), avg(length(value)), pg_table_size('weighed'), pg_indexes_size('weighed') from weighed`
	if err := db.QueryRow(ctx, sizes).Scan(&rows, &key, &value, &table, &index); err != nil {
		return err
	}
	objects := int64(max(1, o.rows/put)) * put
	if rows < objects || rows%objects != 0 {
		return errors.New("the rows of objects are not what they were: this program must learn them anew")
	}
	r.addWeighed(objects, rows, key, value, table, index)
	return nil
}

func (r *report) addWeighed(objects, rows int64, key, value float64, data, index int64) {
	per := func(bytes int64) string { return figure(float64(bytes) / float64(objects)) }
	r.add(table{
		title:   fmt.Sprintf("Rows of %d objects in PostgreSQL", objects),
		columns: []string{"what", "figure"},
		rows: [][]string{
			{"rows an object", figure(float64(rows) / float64(objects))}, {"mean key, bytes", figure(key)}, {"mean value, bytes", figure(value)},
			{"table, bytes an object", per(data)}, {"index, bytes an object", per(index)}, {"together", per(data + index)},
		},
		note: "pg_table_size and pg_indexes_size after VACUUM of rows that were inserted in random order.",
	})
}
