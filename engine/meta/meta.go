// Package meta is the seam under the rules: ordered, transactional rows.
//
// It knows byte strings and nothing of buckets, users or requests. Its
// implementations (memory, pebble, postgres) differ in where the rows live and in
// nothing that a caller can observe; the suite in metatest holds them to it.
//
// # Locks
//
// An Update declares its locks before it runs, so that nobody forgets one by
// accident. A lock is named by the beginning of row keys:
//
//   - an exclusive lock covers reading and writing every row whose key begins
//     with its name;
//   - a shared lock covers reading the one row whose key equals its name.
//
// Two locks conflict when their names are equal and at least one is exclusive.
// A caller that locks rows below another lock's name (an object below its
// bucket) must therefore hold the upper name as well, at least shared; then an
// exclusive lock of the upper name keeps everybody out of what lies below.
//
// The memory implementation refuses reads and writes that no held lock covers
// (ErrNotLocked). The others trust their callers, since those are tested
// against it.
package meta

import (
	"bytes"
	"context"
	"errors"
	"iter"
)

var (
	// ErrNotFound is what Get returns for a key that has no row.
	ErrNotFound = errors.New("meta: no such row")
	// ErrNotLocked reports an access that no declared lock covers: a mistake in the caller.
	ErrNotLocked = errors.New("meta: row is not covered by a lock")
	// ErrRowExists is returned by Update when Insert met an existing row.
	ErrRowExists = errors.New("meta: inserted row exists")
	// ErrClosed is returned by every method after Close.
	ErrClosed = errors.New("meta: store is closed")
	// ErrUnavailable is wrapped when the engine cannot be reached, or did not answer in
	// time: trying again later is right. From Update it leaves open whether the writes
	// happened, as every failed commit does.
	ErrUnavailable = errors.New("meta: store is unavailable")
)

// Row is one key and its value.
type Row struct {
	Key, Value []byte
}

// Lock names rows that an Update will touch. See the package comment.
type Lock struct {
	Name      string
	Exclusive bool
}

// Shared returns a shared lock of name.
func Shared(name string) Lock { return Lock{Name: name} }

// Exclusive returns an exclusive lock of name.
func Exclusive(name string) Lock { return Lock{Name: name, Exclusive: true} }

// Snapshot reads rows as they were at one instant. It is valid only inside the
// function it was handed to, and only on that goroutine.
type Snapshot interface {
	// Get returns the value of key, which the caller owns, or ErrNotFound.
	Get(key []byte) ([]byte, error)
	// Scan yields the rows with lo ≤ key < hi in ascending byte order; a nil
	// hi means no upper bound. A yielded Row is valid until the next one.
	// After a non-nil error nothing more is yielded. In a Tx it shows the rows
	// as they were when it began; writing meanwhile is allowed.
	Scan(lo, hi []byte) iter.Seq2[Row, error]
	// List is one engine call, whatever it must skip. A limit below 1 is an
	// error. In a Tx it needs what a Scan of the whole Range and Prefix needs.
	List(q ListQuery) (ListPage, error)
}

// Tx reads and writes rows. Reads see the transaction's own writes.
// The slices passed to it may be reused when a method returns.
type Tx interface {
	Snapshot
	// Put writes or replaces a row. It needs an exclusive lock.
	Put(key, value []byte) error
	// Insert writes a row whose key contains a fresh random identifier, so
	// that nobody else can name it; it needs no lock. If such a row exists
	// after all, the Update fails with ErrRowExists where the engine notices
	// (the memory engine always does).
	Insert(key, value []byte) error
	// Delete removes a row; a row that does not exist is no error.
	// It needs an exclusive lock.
	Delete(key []byte) error
}

// Store keeps rows. Its methods may be called from many goroutines.
type Store interface {
	// View runs fn on a consistent snapshot and returns fn's error.
	// View needs no locks and never waits for an Update. It may show a commit
	// whose Update has not returned yet, and which a power failure would undo.
	View(ctx context.Context, fn func(Snapshot) error) error
	// Update takes the locks in a fixed order, runs fn, commits, and releases
	// the locks. When it returns nil the writes are durable and visible. When
	// fn fails, nothing was written and its error is returned. When the commit
	// fails, the writes may or may not have happened.
	//
	// fn may run more than once and must have no effect but through its Tx.
	// Waiting for locks ends with ctx; a commit that has begun does not.
	Update(ctx context.Context, locks []Lock, fn func(Tx) error) error
	// Close releases the store. Calls that are under way may fail with ErrClosed.
	Close() error
}

// ListQuery asks for one page of the rows whose keys begin with Range. All its
// other fields speak of the part of the key behind Range, called the name.
type ListQuery struct {
	Range     []byte
	Prefix    []byte // only names that begin with it
	Delimiter []byte // if set, names that contain it behind Prefix are rolled up
	After     []byte // only names strictly greater, see below; so an empty name is never listed
	Limit     int    // entries in a page, at least 1; a common prefix counts once
	KeysOnly  bool   // leave Entry.Value nil
}

// A rolled-up entry's name is the common prefix, up to and including the first
// Delimiter behind Prefix. If After equals a common prefix, everything below
// it is skipped; if After lies below one, greater names still produce it.

// Entry is one listed row, or one common prefix.
type Entry struct {
	Name         []byte
	Value        []byte // nil for a common prefix
	CommonPrefix bool
}

// ListPage is one page of entries in ascending byte order of their names.
type ListPage struct {
	Entries []Entry
	More    bool // at least one more entry follows
}

// PrefixEnd returns the smallest key that is greater than every key beginning
// with prefix, or nil if there is none.
func PrefixEnd(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
