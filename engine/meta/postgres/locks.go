package postgres

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"ossd/engine/meta"
)

// lock begins the transaction, takes its locks, and reads the rows that they name.
func (t *tx) lock(locks []meta.Lock) error {
	keys, exclusive := t.session.store.advisory(locks)
	names := make([][]byte, 0, len(locks))
	for _, l := range locks {
		names = append(names, []byte(l.Name))
	}
	return t.session.ask(t.ctx, statement{sql: t.session.store.sql.lock, args: []any{keys, exclusive}}, t.expected(names))
}

// advisory returns the server's names of locks: ascending, each once and as strong as any asks for it.
func (s *Store) advisory(locks []meta.Lock) (keys []int64, exclusive []bool) {
	type lock struct {
		key       int64
		exclusive bool
	}
	all := make([]lock, 0, len(locks))
	for _, l := range locks {
		all = append(all, lock{s.hash("lock", l.Name), l.Exclusive})
	}
	slices.SortFunc(all, func(a, b lock) int { return cmp.Compare(a.key, b.key) })
	for _, l := range all {
		if n := len(keys); n > 0 && keys[n-1] == l.key {
			exclusive[n-1] = exclusive[n-1] || l.exclusive
			continue
		}
		keys, exclusive = append(keys, l.key), append(exclusive, l.exclusive)
	}
	return keys, exclusive
}

// hash names something of this schema in the database, whose advisory locks all schemas
// share. Whoever chooses keys must not be able to make them meet cheaply, hence SHA-256.
func (s *Store) hash(kind, name string) int64 { return hash(kind, s.config.Schema, name) }

func hash(kind, schema, name string) int64 {
	sum := sha256.Sum256([]byte("ossd\x00" + kind + "\x00" + schema + "\x00" + name))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
