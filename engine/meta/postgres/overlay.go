package postgres

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// overlay are the writes of a transaction that have not been sent yet, one a key.
type overlay map[string]write

type write struct {
	key    string
	value  []byte // nil: the row is deleted
	insert bool   // the key is fresh: that there is no row must be so
}

func (o overlay) empty() bool { return len(o) == 0 }

func (o overlay) put(key, value []byte, insert bool) {
	_, before := o[string(key)]
	o[string(key)] = write{string(key), append(make([]byte, 0, len(value)), value...), insert && !before}
}

func (o overlay) remove(key []byte) { o[string(key)] = write{key: string(key)} }

// between returns the writes to lo ≤ key < hi, in order.
func (o overlay) between(lo, hi []byte) []write {
	var found []write
	for key, w := range o {
		if key >= string(lo) && key < string(hi) {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, func(a, b write) int { return strings.Compare(a.key, b.key) })
	return found
}

// merged walks stored rows and writes above them, in order.
type merged struct {
	stored *batches
	writes []write

	key, value []byte
}

// next reports whether there is a row, which key and value then are.
func (m *merged) next() (bool, error) {
	for {
		some, err := m.stored.more()
		if err != nil {
			return false, err
		}
		order := -1
		switch {
		case len(m.writes) == 0 && !some:
			return false, nil
		case len(m.writes) == 0:
		case !some:
			order = 1
		default:
			order = bytes.Compare(m.stored.rows[0].Key, []byte(m.writes[0].key))
		}
		if order <= 0 {
			m.key, m.value = m.stored.rows[0].Key, m.stored.rows[0].Value
			m.stored.rows = m.stored.rows[1:]
		}
		if order >= 0 {
			w := m.writes[0]
			m.writes = m.writes[1:]
			if w.value == nil {
				continue
			}
			m.key, m.value = []byte(w.key), w.value
		}
		return true, nil
	}
}

// chunkBytes is how much one statement writes; the server takes at most a GB.
const chunkBytes = 8 << 20

// statements are the writes in order of their keys, so that pages of the index are visited once.
func (o overlay) statements(sql *queries) (all []statement) {
	var keys, values, fresh, contents, gone [][]byte
	size := 0
	flush := func() {
		if len(keys) > 0 {
			all = append(all, statement{sql: sql.upsert, args: []any{keys, values}})
		}
		if len(fresh) > 0 {
			all = append(all, statement{sql: sql.insert, args: []any{fresh, contents}})
		}
		if len(gone) > 0 {
			all = append(all, statement{sql: sql.remove, args: []any{gone}})
		}
		keys, values, fresh, contents, gone, size = nil, nil, nil, nil, nil, 0
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		switch w := o[key]; {
		case w.value == nil:
			gone = append(gone, []byte(key))
		case w.insert:
			fresh, contents = append(fresh, []byte(key)), append(contents, w.value)
		default:
			keys, values = append(keys, []byte(key)), append(values, w.value)
		}
		if size += len(key) + len(o[key].value); size >= chunkBytes {
			flush()
		}
	}
	flush()
	return all
}
