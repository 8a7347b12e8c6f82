// Package objectstore holds the rules of buckets and objects: names, writes,
// reads, copies, listings, deletions and the sweeping of bytes that nobody refers to.
// It speaks neither HTTP nor XML, and never asks who is calling.
//
// # The life of a PUT
//
//  1. The body streams into a new blob while length, MD5 and CRC64 are computed.
//  2. They are compared with what the caller announced; a difference aborts the blob.
//  3. Commit makes the blob durable.
//  4. One transaction, holding the bucket shared and the key exclusively, checks
//     that the bucket is still the one that was looked up, writes the object row
//     and the blob's reference row, and hands the replaced blob to the garbage.
//  5. When that has been synced the caller is told.
//
// So rows never name bytes that are not durable. A crash before 4 leaves a blob
// without a reference row, which Sweep removes once it is old enough to belong
// to nobody.
//
// # The life of a DELETE
//
// One transaction removes the object row and writes a garbage row. The blob is
// deleted after a grace that is longer than the time between a reader's look at
// the row and its opening of the blob.
//
// # The life of a copy
//
// It is that of a PUT whose body is read from another blob and must hash to
// what the source's row says. Blobs are never shared: each has one row that
// refers to it. An object that is copied onto itself keeps its blob; only its row is written.
package objectstore

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"time"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Config is what a Store stands on.
type Config struct {
	Rows  meta.Store
	Blobs blob.Store

	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand

	// MaxBuckets bounds the buckets of one account; 0: 100, as the service has it.
	MaxBuckets int
	// Grace is how long replaced and deleted bytes stay readable; 0: 15 minutes.
	Grace time.Duration
	// OrphanAge is how long bytes without a reference may lie around, since
	// they may belong to an upload that has not ended; 0: 24 hours.
	OrphanAge time.Duration
}

// Store is the object store. Its methods may be called from many goroutines.
type Store struct {
	Config
}

// New returns a Store on the given engines. It closes neither.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.MaxBuckets == 0 {
		c.MaxBuckets = 100
	}
	if c.Grace == 0 {
		c.Grace = 15 * time.Minute
	}
	if c.OrphanAge == 0 {
		c.OrphanAge = 24 * time.Hour
	}
	return &Store{Config: c}
}

// ACL is a canned access control list. The store keeps it and does not act on it.
type ACL string

const (
	DefaultACL      ACL = "default" // objects only: as the bucket
	Private         ACL = "private"
	PublicRead      ACL = "public-read"
	PublicReadWrite ACL = "public-read-write"
)

// ForBucket tells whether a bucket may have the list.
func (a ACL) ForBucket() bool { return a == Private || a == PublicRead || a == PublicReadWrite }

// ForObject tells whether an object may have the list.
func (a ACL) ForObject() bool { return a == DefaultACL || a.ForBucket() }

// StorageClass is one of the service's classes of storage.
type StorageClass string

const (
	Standard StorageClass = "Standard"
	IA       StorageClass = "IA"
)

// Redundancy is where the service would keep copies; here it is only remembered.
type Redundancy string

const (
	LRS Redundancy = "LRS"
	ZRS Redundancy = "ZRS"
)

// Bucket is a container of objects, owned by an account.
type Bucket struct {
	Name         string
	ID           string // distinguishes a bucket from an earlier one of the same name
	Owner        string // account id
	ACL          ACL
	StorageClass StorageClass
	Redundancy   Redundancy
	Created      time.Time
}

// ObjectType says how an object came about.
type ObjectType string

// Normal is the type of objects that were put in one piece.
const Normal ObjectType = "Normal"

// Header is one stored header or item of user metadata. Values are bytes as they were sent.
type Header struct {
	Name, Value string
}

// Object is what is known of an object; its content lies in a blob.
type Object struct {
	Key          string
	Size         int64
	ETag         string // upper-case hex, without quotes
	CRC64        uint64 // CRC-64/XZ of the content
	LastModified time.Time
	Type         ObjectType
	StorageClass StorageClass
	ACL          ACL
	Headers      []Header // Content-Type, Cache-Control, …: returned verbatim
	Metadata     []Header // x-oss-meta-*: names in lower case, without the prefix

	ref blob.Ref
}

// newID returns 128 random bits in hex.
func (s *Store) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
