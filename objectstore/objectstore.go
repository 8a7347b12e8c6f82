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
//
// # The life of a multipart upload
//
// Each part is a blob with a row of its own. Completing reads the rows of the
// parts, writes the object's row and a few rows that list the blobs, and drops
// the rows of the parts, all in one transaction: no byte is read or moved, and
// the checksum is joined from those of the parts. Appending works alike: a blob
// and a row more.
//
// # Versions
//
// A plain listing must not walk versions, so the current version of a key lies
// in a range of its own, and every other one, delete markers included, in a
// second (history.go). Each version has its sequence number, which orders it
// among those of its key and is part of its id.
package objectstore

import (
	"crypto/md5"
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
	// RestoreDelay is how long the restoring of an archived object takes; 0: 20 seconds.
	RestoreDelay time.Duration
	// UploadAge is after how long without a new part a multipart upload counts
	// as abandoned and is aborted; 0: never.
	UploadAge time.Duration
	// OrphanAge is how long bytes without a reference may lie around, since
	// they may belong to an upload that has not ended; 0: 24 hours.
	OrphanAge time.Duration
	// SearchInterval is how long after a search for orphans and abandoned uploads the
	// next one is due; 0: 6 hours. The search looks at every blob.
	SearchInterval time.Duration
}

// Store is the object store. Its methods may be called from many goroutines.
type Store struct {
	Config
	pins  pins
	holds holds
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
	if c.RestoreDelay == 0 {
		c.RestoreDelay = 20 * time.Second
	}
	if c.OrphanAge == 0 {
		c.OrphanAge = 24 * time.Hour
	}
	if c.SearchInterval == 0 {
		c.SearchInterval = 6 * time.Hour
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

// Public tells whether the list opens anything to the world.
func (a ACL) Public() bool { return a == PublicRead || a == PublicReadWrite }

// StorageClass is one of the service's classes of storage.
type StorageClass string

const (
	Standard        StorageClass = "Standard"
	IA              StorageClass = "IA"
	Archive         StorageClass = "Archive"
	ColdArchive     StorageClass = "ColdArchive"
	DeepColdArchive StorageClass = "DeepColdArchive"
)

// Valid tells whether the service has such a class.
func (c StorageClass) Valid() bool { return c == Standard || c == IA || c.Archived() }

// Archived tells whether objects of the class must be restored before they are read.
func (c StorageClass) Archived() bool {
	return c == Archive || c == ColdArchive || c == DeepColdArchive
}

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
	Versioning   Versioning
	PolicyID     string // another for each policy that the bucket is given; empty: it has none
	// BlockPublicAccess says that what the bucket grants to the world counts for nothing.
	BlockPublicAccess bool
	Tags              BucketTags
}

// Versioning says what becomes of an object that is replaced or deleted.
type Versioning string

const (
	Unversioned Versioning = ""          // it is gone; no bucket returns to this state
	Enabled     Versioning = "Enabled"   // it stays as an older version
	Suspended   Versioning = "Suspended" // likewise, unless it is the null version
)

// ObjectType says how an object came about.
type ObjectType string

const (
	Normal     ObjectType = "Normal"     // put in one piece
	Multipart  ObjectType = "Multipart"  // completed from parts
	Appendable ObjectType = "Appendable" // grown by appends
	Symlink    ObjectType = "Symlink"    // names another object
)

// Header is one stored header or item of user metadata. Values are bytes as they were sent.
type Header struct {
	Name, Value string
}

// Object is what is known of one version of an object, or of a delete marker;
// its content lies in blobs.
type Object struct {
	Key          string
	VersionID    string // empty: the null version, the only one that unversioned buckets have
	DeleteMarker bool   // the key was deleted here; only key, version and LastModified count
	Size         int64
	ETag         string // upper-case hex, without quotes
	CRC64        uint64 // CRC-64/XZ of the content
	LastModified time.Time
	Type         ObjectType
	StorageClass StorageClass
	ACL          ACL
	Headers      []Header // Content-Type, Cache-Control, …: returned verbatim
	Metadata     []Header // x-oss-meta-*: names in lower case, without the prefix
	Tags         []Header
	Target       string // of a symlink: the key of the object that it names
	Restore      Restore

	sum      string // MD5 of the content where the ETag is not
	sequence uint64 // orders the versions of a key; 0 where there is but one
	content  content
}

// NullVersion is how the version without an id is named.
const NullVersion = "null"

// Version returns the id by which requests name the version.
func (o *Object) Version() string { return firstOf(o.VersionID, NullVersion) }

// MD5 returns the digest of the content, or nil if nobody computed it.
func (o *Object) MD5() []byte {
	if o.sum != "" {
		return []byte(o.sum)
	}
	if o.Type != Normal {
		return nil
	}
	sum, err := hex.DecodeString(o.ETag)
	if err != nil || len(sum) != md5.Size {
		return nil
	}
	return sum
}

// newID returns 128 random bits in hex.
func (s *Store) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
