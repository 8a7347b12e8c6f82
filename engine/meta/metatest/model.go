package metatest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"ossd/engine/meta"
)

// model is a meta.Store that is too simple to be wrong: a map, sorted anew for
// each question, and one caller at a time. It checks no locks.
type model struct {
	mu     sync.Mutex
	rows   map[string]string
	closed bool
}

func newModel() *model { return &model{rows: map[string]string{}} }

func (m *model) View(_ context.Context, fn func(meta.Snapshot) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(modelTx(maps.Clone(m.rows)))
}

func (m *model) Update(_ context.Context, _ []meta.Lock, fn func(meta.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	tx := modelTx(maps.Clone(m.rows))
	if err := fn(tx); err != nil {
		return err
	}
	m.rows = tx
	return nil
}

// List follows the words of meta.ListQuery: name by name, nothing is skipped.
func (tx modelTx) List(q meta.ListQuery) (meta.ListPage, error) {
	if q.Limit < 1 {
		return meta.ListPage{}, errors.New("model: no limit")
	}
	var page meta.ListPage
	for _, key := range slices.Sorted(maps.Keys(tx)) {
		name, inRange := strings.CutPrefix(key, string(q.Range))
		if !inRange || !strings.HasPrefix(name, string(q.Prefix)) || name <= string(q.After) {
			continue
		}
		entry := meta.Entry{Name: []byte(name)}
		if i := strings.Index(name[len(q.Prefix):], string(q.Delimiter)); len(q.Delimiter) > 0 && i >= 0 {
			entry.Name = []byte(name[:len(q.Prefix)+i+len(q.Delimiter)])
			entry.CommonPrefix = true
			n := len(page.Entries)
			if bytes.Equal(entry.Name, q.After) || n > 0 && bytes.Equal(entry.Name, page.Entries[n-1].Name) {
				continue
			}
		} else if !q.KeysOnly {
			entry.Value = []byte(tx[key])
		}
		if len(page.Entries) == q.Limit {
			page.More = true
			break
		}
		page.Entries = append(page.Entries, entry)
	}
	return page, nil
}

func (m *model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return meta.ErrClosed
	}
	m.closed = true
	return nil
}

type modelTx map[string]string

func (tx modelTx) Get(key []byte) ([]byte, error) {
	value, ok := tx[string(key)]
	if !ok {
		return nil, meta.ErrNotFound
	}
	return []byte(value), nil
}

func (tx modelTx) Scan(lo, hi []byte) iter.Seq2[meta.Row, error] {
	rows := maps.Clone(tx)
	return func(yield func(meta.Row, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if key < string(lo) || hi != nil && key >= string(hi) {
				continue
			}
			if !yield(meta.Row{Key: []byte(key), Value: []byte(rows[key])}, nil) {
				return
			}
		}
	}
}

func (tx modelTx) Put(key, value []byte) error    { tx[string(key)] = string(value); return nil }
func (tx modelTx) Insert(key, value []byte) error { return tx.Put(key, value) }
func (tx modelTx) Delete(key []byte) error        { delete(tx, string(key)); return nil }
