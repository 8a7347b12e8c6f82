package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrations lead from each version of the schema to the next. What was released is never changed.
var migrations = []string{
	`create table SCHEMA.rows (key bytea primary key, value bytea not null)`,
}

const oldestServer = 150000

// prepare checks the server and brings the schema to this program's version. Nodes that start
// at once do it one after the other.
func (s *Store) prepare(ctx context.Context) error {
	retry := s.newRetry()
	for {
		err := s.prepareOnce(ctx)
		if err == nil || !again(err) || !retry.another(ctx) {
			return err
		}
	}
}

func (s *Store) prepareOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	return s.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		if err := s.inspect(ctx, conn.Conn()); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return s.migrate(ctx, tx) })
	})
}

// inspect looks at what the server promises.
func (s *Store) inspect(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var fsync, fullPages string
	err := conn.QueryRow(ctx, `select current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes')`).
		Scan(&version, &fsync, &fullPages)
	if err != nil {
		return err
	}
	if version < oldestServer {
		return refusal{fmt.Errorf("the server is PostgreSQL %d, and %d is needed", version/10000, oldestServer/10000)}
	}
	for name, value := range map[string]string{"fsync": fsync, "full_page_writes": fullPages} {
		if value != "on" {
			s.config.Logger.Warn("meta/postgres: a power failure of the server can lose or spoil acknowledged writes", "setting", name, "value", value)
		}
	}
	return nil
}

// migrate does nothing to a schema that is as it should be, so that no right to make one is needed then.
func (s *Store) migrate(ctx context.Context, tx pgx.Tx) error {
	schema := pgx.Identifier{s.config.Schema}.Sanitize()
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, s.hash("schema", "")); err != nil {
		return err
	}
	var exists, versioned bool
	if err := tx.QueryRow(ctx, `select to_regnamespace($1) is not null, to_regclass($2) is not null`, schema, schema+".version").
		Scan(&exists, &versioned); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.Exec(ctx, `create schema `+schema); err != nil {
			return err
		}
	}
	if !versioned {
		if _, err := tx.Exec(ctx, `create table `+schema+`.version (version int not null)`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into `+schema+`.version values (0)`); err != nil {
			return err
		}
	}
	var version int
	if err := tx.QueryRow(ctx, `select version from `+schema+`.version`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return refusal{fmt.Errorf("schema %q has version %d, this program knows up to %d: a newer ossd has used it", s.config.Schema, version, len(migrations))}
	}
	if version == len(migrations) {
		return nil
	}
	for _, sql := range migrations[version:] {
		if _, err := tx.Exec(ctx, strings.ReplaceAll(sql, "SCHEMA", schema)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `update `+schema+`.version set version = $1`, len(migrations))
	return err
}
