package pebble

import (
	"errors"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"ossd/engine/meta"
	"ossd/engine/meta/internal/lister"
)

// source is what a snapshot and an indexed batch have in common.
type source interface {
	Get(key []byte) ([]byte, error) // the caller owns the value
	NewIter(*pebble.IterOptions) (*pebble.Iterator, error)
}

var errEnded = errors.New("meta/pebble: snapshot used after its function returned")

// reader is a meta.Snapshot. Its source is nil once its function has returned.
type reader struct{ from source }

func (r *reader) Get(key []byte) ([]byte, error) {
	if r.from == nil {
		return nil, errEnded
	}
	value, err := r.from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, meta.ErrNotFound
	}
	return value, err
}

// written are the rows as a batch leaves them.
type written struct {
	*pebble.Batch
	rows *cache
}

// Get reads a row that a lock covers: no commit changes it meanwhile, so what the cache
// has of it is what it is.
func (w written) Get(key []byte) ([]byte, error) {
	if !w.Empty() {
		return get(w.Batch, key) // it may have written the row itself
	}
	epoch := w.rows.epoch.Load()
	if value, ok := w.rows.get(epoch, key); ok {
		return value, nil
	}
	value, err := get(w.Batch, key)
	if err == nil {
		w.rows.put(epoch, key, value)
	}
	return value, err
}

// get copies a value, which belongs to Pebble once its closer is closed.
func get(from pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := from.Get(key)
	if err != nil {
		return nil, err
	}
	own := append(make([]byte, 0, len(value)), value...)
	return own, closer.Close()
}

func (r *reader) Scan(lo, hi []byte) iter.Seq2[meta.Row, error] {
	return func(yield func(meta.Row, error) bool) {
		if err := r.scan(lo, hi, yield); err != nil {
			yield(meta.Row{}, err)
		}
	}
}

// scan yields rows until yield declines, and returns an error that has not
// been yielded yet.
func (r *reader) scan(lo, hi []byte, yield func(meta.Row, error) bool) (err error) {
	if r.from == nil {
		return errEnded
	}
	if hi != nil && len(hi) == 0 {
		return nil // Pebble takes an empty bound for none
	}
	it, err := r.from.NewIter(bounds(lo, hi))
	if err != nil {
		return err
	}
	declined := false
	defer func() {
		if closeErr := it.Close(); !declined {
			err = errors.Join(err, closeErr)
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if !yield(meta.Row{Key: it.Key(), Value: value}, nil) {
			declined = true
			return nil
		}
	}
	return it.Error()
}

func (r *reader) List(q meta.ListQuery) (meta.ListPage, error) {
	if r.from == nil {
		return meta.ListPage{}, errEnded
	}
	it, err := r.from.NewIter(bounds(lister.Bounds(q)))
	if err != nil {
		return meta.ListPage{}, err
	}
	page, err := lister.Page(it, q)
	return page, errors.Join(err, it.Close())
}

// bounds are those of an iterator. An empty lower bound is left out: nothing
// lies below it, and Pebble's self-checks in race builds cannot cope with it.
func bounds(lo, hi []byte) *pebble.IterOptions {
	if len(lo) == 0 {
		lo = nil
	}
	return &pebble.IterOptions{LowerBound: lo, UpperBound: hi}
}

// tx is a meta.Tx whose writes gather in a batch.
type tx struct {
	reader
	batch *pebble.Batch
}

func (t *tx) end() { t.from, t.batch = nil, nil }

func (t *tx) Put(key, value []byte) error {
	if t.batch == nil {
		return errEnded
	}
	return t.batch.Set(key, value, nil)
}

// Insert does not look for the row: the key is fresh.
func (t *tx) Insert(key, value []byte) error { return t.Put(key, value) }

func (t *tx) Delete(key []byte) error {
	if t.batch == nil {
		return errEnded
	}
	return t.batch.Delete(key, nil)
}
