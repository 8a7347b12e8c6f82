package objectstore

import (
	"errors"
	"fmt"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// Kind classifies a refusal. Protocols choose codes and texts by it.
type Kind int

const (
	NoSuchBucket Kind = iota + 1
	NoSuchKey
	NoSuchVersion
	NoSuchUpload
	NoSuchPolicy
	BucketAlreadyExists // another account owns the name
	BucketConflict      // the caller owns it, with other settings
	BucketNotEmpty
	BucketHasUploads
	TooManyBuckets
	InvalidBucketName
	ObjectNameEmpty
	ObjectNameTooLong
	ObjectNameEncoding // not valid UTF-8
	ObjectNameStart    // begins with / or \
	InvalidDigest      // the body's MD5 is another than announced
	InvalidCRC64       // likewise its CRC64
	IncompleteBody     // the body ended early or could not be read
	EntityTooLarge
	MetadataTooLarge
	FileAlreadyExists // the caller forbade to overwrite
	NotAppendable
	AppendableSource // appendable objects are not copied
	PositionMismatch // the object is not as long as the append supposes
	NotArchived      // nothing to restore
	RestoreInProgress
	InvalidObjectState // archived, and not restored
	PartNumberRange
	InvalidPart       // a listed part was not uploaded, or has another ETag
	InvalidPartOrder  // the numbers of listed parts do not ascend
	PartTooSmall      // a part that is not the last
	PartNotSequential // parts of a sequential upload come one after the other
	StoreFull
)

var kindTexts = map[Kind]string{
	NoSuchBucket: "no such bucket", NoSuchKey: "no such key", BucketAlreadyExists: "bucket name is taken",
	BucketConflict: "bucket exists with other settings", BucketNotEmpty: "bucket is not empty",
	TooManyBuckets: "too many buckets", InvalidBucketName: "invalid bucket name", ObjectNameEmpty: "object name is empty",
	ObjectNameTooLong: "object name is too long", ObjectNameEncoding: "object name is not UTF-8",
	ObjectNameStart: "object name begins with a slash", InvalidDigest: "content MD5 differs", InvalidCRC64: "content CRC64 differs",
	IncompleteBody: "body is incomplete", EntityTooLarge: "object is too large", MetadataTooLarge: "user metadata is too large",
	FileAlreadyExists: "object exists", NoSuchVersion: "no such version", NoSuchPolicy: "no bucket policy", NoSuchUpload: "no such upload",
	BucketHasUploads: "bucket has multipart uploads", NotAppendable: "object is not appendable", AppendableSource: "object is appendable and cannot be copied",
	PositionMismatch: "append position is not the object's length", NotArchived: "object is not archived",
	RestoreInProgress: "object is being restored", InvalidObjectState: "object is archived", PartNumberRange: "part number is out of range",
	InvalidPart: "part is missing or another", InvalidPartOrder: "parts are not in order", PartTooSmall: "part is too small",
	PartNotSequential: "part is not the next one", StoreFull: "store is full",
}

func (k Kind) String() string {
	if t, ok := kindTexts[k]; ok {
		return t
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Unavailable tells whether an error says that an engine cannot be reached now: trying
// again later is right.
func Unavailable(err error) bool {
	return errors.Is(err, meta.ErrUnavailable) || errors.Is(err, blob.ErrUnavailable)
}

// Error is a refusal by the rules. Err, if any, is for the operator's log, not for the client.
type Error struct {
	Kind        Kind
	Bucket, Key string
	Upload      string // id, where an upload is concerned
	Position    int64  // of a PositionMismatch: how long the object is
	Err         error
}

func (e *Error) Error() string {
	s := "objectstore: " + e.Kind.String()
	if e.Bucket != "" {
		s += fmt.Sprintf(" (bucket %q", e.Bucket)
		if e.Key != "" {
			s += fmt.Sprintf(", key %q", e.Key)
		}
		s += ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, &Error{Kind: k}) compare kinds alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Bucket == "" && t.Key == ""
}
