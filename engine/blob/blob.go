// Package blob is the seam under the rules for bytes: immutable, written once,
// never renamed, never overwritten.
//
// It knows nothing of objects or of who refers to its blobs. A blob that was
// committed exists until it is deleted; one that was not does not exist, though
// its bytes may lie around until they are swept (Walk, Delete). The suite in
// blobtest holds every implementation to this.
package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

var (
	// ErrNotFound is returned by Open for a reference that names no blob.
	ErrNotFound = errors.New("blob: no such blob")
	// ErrCorrupt is returned when stored bytes are not those that were written.
	ErrCorrupt = errors.New("blob: stored bytes are damaged")
	// ErrFull is returned by Create, Write or Commit when the store refuses
	// new bytes to keep a reserve. Reading and deleting go on.
	ErrFull = errors.New("blob: store is full")
	// ErrUnavailable is returned by a store elsewhere that cannot be reached,
	// refuses for now or did not answer in time. What was asked for may have
	// happened all the same. To try again later is right.
	ErrUnavailable = errors.New("blob: store is unavailable for now")
)

// Ref names a blob. It is printable ASCII of at most 64 bytes, chosen by the
// store, never used twice.
type Ref string

// Store keeps blobs. Its methods may be called from many goroutines.
type Store interface {
	// Create begins a blob. sizeHint is its length in bytes, or -1 if unknown;
	// the blob may become longer or shorter.
	Create(ctx context.Context, sizeHint int64) (Writer, error)
	// Open reads length bytes from offset; length -1 means to the end. The
	// range must lie within the blob, else io.ErrUnexpectedEOF is returned by
	// Open or by the first read behind the end. The caller must Close the Reader.
	// A blob deleted while it is being read stays readable to that Reader.
	Open(ctx context.Context, ref Ref, offset, length int64) (Reader, error)
	// Delete removes a blob; one that does not exist is no error.
	Delete(ctx context.Context, ref Ref) error
	// Walk calls fn for every blob, committed or left behind, that was last
	// written to before olderThan, in no order, with its stored size in bytes.
	// It stops at fn's first error and returns it. A blob that is still being
	// written is never reported.
	Walk(ctx context.Context, olderThan time.Time, fn func(ref Ref, size int64) error) error
	// Close releases the store. The caller sees to it that readers and writers
	// are done.
	Close() error
}

// Writer receives a blob's bytes. Exactly one of Commit and Abort ends it;
// Abort after Commit, or twice, does nothing.
type Writer interface {
	io.Writer
	// Commit makes the bytes and the name durable: when it returns nil the
	// blob survives a power failure. After an error the blob does not exist
	// for the caller, who must not refer to it.
	Commit(ctx context.Context) (Ref, error)
	// Abort drops what was written.
	Abort() error
}

// Reader yields a blob's bytes. WriteTo lets an implementation use the
// cheapest way there is into the given writer.
type Reader interface {
	io.ReadCloser
	io.WriterTo
}
