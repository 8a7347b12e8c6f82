package postgres

import (
	"bytes"

	"github.com/jackc/pgx/v5"
)

// maxKeyBytes fits an entry of an index page: 2704 bytes with its headers, nbtree's
// BTMaxItemSize. The longest keys that the rules write have some 2,150.
const maxKeyBytes = 2600

// behind is greater than every key. Behind a prefix it makes what is greater than every
// key that begins with the prefix, and not greater than any other that is greater than the prefix.
var behind = bytes.Repeat([]byte{0xff}, maxKeyBytes+1)

// "read write" would be refused by a standby for another reason than being one.
const (
	beginUpdate = "begin isolation level read committed"
	beginView   = "begin isolation level repeatable read read only"
)

// queries are the statements on the rows of one schema. bytea compares by bytes,
// whatever the locale.
type queries struct {
	lock, get, getMany, scan string
	upsert, insert, remove   string
	list                     map[listKind]string
	notify                   string
}

// listKind tells the forms of a listing apart.
type listKind struct{ rolledUp, keysOnly bool }

func newQueries(schema string) queries {
	rows := pgx.Identifier{schema, "rows"}.Sanitize()
	q := queries{
		// The rows of unnest come in the order of the array, and so are the locks taken.
		lock: `select count(case when x then pg_advisory_xact_lock(k) is null else pg_advisory_xact_lock_shared(k) is null end)
			from unnest($1::bigint[], $2::bool[]) as l(k, x)`,
		get:     `select value from ` + rows + ` where key = $1`,
		getMany: `select key, value from ` + rows + ` where key = any($1::bytea[])`,
		// As many rows as are allowed, and not more bytes of values than a row above.
		scan: `select key, value from (
				select key, value, sum(octet_length(value)) over (order by key rows unbounded preceding) - octet_length(value) as before
				from (select key, value from ` + rows + ` where key >= $1 and key < $2 order by key limit $3::int) r
			) b where before < $4::bigint order by key`,
		upsert: `insert into ` + rows + ` (key, value) select * from unnest($1::bytea[], $2::bytea[])
			on conflict (key) do update set value = excluded.value`,
		insert: `insert into ` + rows + ` (key, value) select * from unnest($1::bytea[], $2::bytea[])`,
		remove: `delete from ` + rows + ` where key = any($1::bytea[])`,
		notify: `select pg_notify($1, $2)`,
		list:   map[listKind]string{},
	}
	for _, keysOnly := range []bool{false, true} {
		value := "r.value"
		if keysOnly {
			value = "null::bytea"
		}
		q.list[listKind{keysOnly: keysOnly}] = `select key, ` + value + `, false from ` + rows + ` r
			where key >= $1 and key < $2 order by key limit $3::int`
		q.list[listKind{keysOnly: keysOnly, rolledUp: true}] = rolledUp(rows, value)
	}
	return q
}

// rolledUp lists with a delimiter ($4), which counts behind the first $5 bytes of a
// key. Each step is one probe of the index: for the next key, or behind all keys of the common
// prefix that was just found ($6 is behind). So what lies below a common prefix costs nothing.
func rolledUp(rows, value string) string {
	next := func(n, from, outer, bounds string) string {
		return `select ` + n + `, case when at > 0 then substring(r.key for $5::int + at - 1 + length($4::bytea)) else r.key end,
				case when at > 0 then null else r.value end, at > 0
			from ` + outer + ` lateral (
				select key, ` + value + ` as value from ` + rows + ` r where ` + bounds + ` and r.key < $2 order by r.key limit 1
			) r, lateral position($4::bytea in substring(r.key from $5::int + 1)) as at` + from
	}
	return `with recursive page(n, name, value, common) as (
			(` + next("1", "", "", "r.key >= $1") + `)
			union all
			(` + next("page.n + 1", " where page.n < $3::int", "page,", "r.key > case when common then name || $6::bytea else name end") + `)
		) select name, value, common from page`
}
