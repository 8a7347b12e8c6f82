package objectstore

import "unicode/utf8"

// Limits of the service ("Limits and performance indicators").
const (
	MaxObjectSize   = 5 << 30                  // bytes, one PutObject, one part, or all appends to one object
	MaxParts        = 10000                    // the highest part number
	MinPartSize     = 100 << 10                // bytes, but for the last part
	MaxUploadSize   = MaxParts * MaxObjectSize // bytes, one multipart upload
	MaxKeyLength    = 1023                     // bytes of UTF-8
	MaxMetadataSize = 8 << 10                  // bytes of names and values together
)

// ValidBucketName tells whether name has 3 to 63 of a-z, 0-9 and '-', and neither begins nor ends with '-'.
func ValidBucketName(name string) bool {
	return len(name) >= 3 && name[len(name)-1] != '-' && BeginsBucketName(name)
}

// BeginsBucketName tells whether there are bucket names that begin so.
func BeginsBucketName(prefix string) bool {
	if len(prefix) > 63 || prefix != "" && prefix[0] == '-' {
		return false
	}
	for i := range len(prefix) {
		c := prefix[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// CheckKey returns an *Error of an ObjectName… kind unless key may name an
// object: 1 to 1023 bytes of UTF-8 that do not begin with '/' or '\'.
// Dots, repeated slashes and control characters are part of a name like any other.
func CheckKey(bucket, key string) error {
	refuse := func(k Kind) error { return &Error{Kind: k, Bucket: bucket, Key: key} }
	switch {
	case key == "":
		return refuse(ObjectNameEmpty)
	case len(key) > MaxKeyLength:
		return refuse(ObjectNameTooLong)
	case !utf8.ValidString(key):
		return refuse(ObjectNameEncoding)
	case key[0] == '/' || key[0] == '\\':
		return refuse(ObjectNameStart)
	}
	return nil
}
