package objectstore

import (
	"bytes"
	"strings"

	"ossd/engine/blob"
	"ossd/engine/meta"
)

// ReferencePrefix begins the rows that name every blob in use; see ParseReference.
const ReferencePrefix = "R"

// Reference names a blob that is in use, and the object that it was written for:
// one that may have been replaced or renamed since.
type Reference struct {
	Ref         blob.Ref
	Bucket, Key string
}

// ParseReference reads a row whose key begins with ReferencePrefix.
func ParseReference(row meta.Row) Reference {
	r := Reference{Ref: blob.Ref(row.Key[len(ReferencePrefix):])}
	if bucket, object, ok := strings.Cut(string(row.Value), "\x00"); ok && len(bucket) > 1 && len(object) > 1 {
		r.Bucket, r.Key = bucket[1:], object[1:]
	}
	return r
}

// Finding says of the blob that reading it failed with err.
func (r Reference) Finding(err error) Finding {
	return Finding{Kind: damageOf(err), Bucket: r.Bucket, Key: r.Key, Blob: string(r.Ref), Text: err.Error()}
}

// Discarded tells whether a blob waits to be freed: it may be gone already, when
// the sweeper was cut off between the blob and its rows. It looks through all
// garbage, so it is for the few blobs that are missed.
func Discarded(rows meta.Snapshot, ref blob.Ref) (bool, error) {
	for row, err := range rows.Scan([]byte{garbageBlob}, []byte{garbageContent + 1}) {
		if err != nil {
			return false, err
		}
		_, name, err := splitGarbageKey(row.Key)
		if err != nil {
			return false, err
		}
		found := name == string(ref)
		if row.Key[0] == garbageContent {
			found, err = hasExtent(rows, name, ref)
		}
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// hasExtent tells whether a content has a blob.
func hasExtent(rows meta.Snapshot, content string, ref blob.Ref) (bool, error) {
	all := extentRange(content)
	for row, err := range rows.Scan(all, meta.PrefixEnd(all)) {
		if err != nil {
			return false, err
		}
		if !bytes.Contains(row.Value, []byte(ref)) {
			continue
		}
		run, err := decodeExtents(row.Value)
		if err != nil {
			return false, err
		}
		for _, x := range run {
			if x.ref == ref {
				return true, nil
			}
		}
	}
	return false, nil
}
