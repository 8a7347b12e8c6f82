package oss

import (
	"net/url"
	"strings"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// copySourceHeader names the object whose content is copied.
const copySourceHeader = "x-oss-copy-source"

// copySource is an object in the position of a source.
type copySource struct {
	resource signature.Resource
	version  string // empty: none was named
	found    objectstore.Found
}

// parseCopySource reads "/bucket/key" or "/bucket/key?versionId=null", escaped
// like the path of a URL. A plus sign is a space, as in paths: the Go SDKs and
// ossutil escape the key like a query, and every SDK escapes a literal plus.
func parseCopySource(value string) (*copySource, error) {
	path, query, _ := strings.Cut(value, "?")
	name, err := url.QueryUnescape(path)
	if err != nil {
		return nil, invalidArgument(copySourceHeader, value, "The copy source is not well encoded.")
	}
	rest, slash := strings.CutPrefix(name, "/")
	bucket, key, _ := strings.Cut(rest, "/")
	if !slash || bucket == "" || key == "" {
		return nil, invalidArgument(copySourceHeader, value, "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.")
	}
	if !objectstore.ValidBucketName(bucket) {
		return nil, &objectstore.Error{Kind: objectstore.InvalidBucketName, Bucket: bucket}
	}
	source := &copySource{resource: signature.Resource{Bucket: bucket, Key: key}}
	if query != "" {
		source.version, err = copyVersion(value, query)
	}
	return source, err
}

// copyVersion reads the version that a copy source names (vendor's pages
// 0016-00000304 and 0016-00000305).
func copyVersion(value, query string) (string, error) {
	version, ok := strings.CutPrefix(query, "versionId=")
	switch {
	case !ok || strings.Contains(version, "&"):
		e := invalidArgument(copySourceHeader, value, "The copy source has a parameter other than versionId.")
		e.EC = "0016-00000304"
		return "", e
	case version == "":
		e := invalidArgument(copySourceHeader, value, emptyVersion)
		e.EC = "0016-00000305"
		return "", e
	case !objectstore.ValidVersionID(version):
		e := invalidArgument(copySourceHeader, value, malformedVersion)
		e.EC = "0012-00000202"
		return "", e
	}
	return version, nil
}

// object is the one that the source names, now that the caller may know.
func (s *copySource) object() (*objectstore.Object, error) {
	if err := objectstore.CheckKey(s.resource.Bucket, s.resource.Key); err != nil {
		return nil, err
	}
	refuse := func(k objectstore.Kind) error {
		return &objectstore.Error{Kind: k, Bucket: s.resource.Bucket, Key: s.resource.Key}
	}
	switch {
	case s.found.Object != nil:
		return s.found.Object, nil
	case s.version == "":
		return nil, refuse(objectstore.NoSuchKey)
	case s.found.Marker != nil:
		e := invalidArgument(copySourceHeader, s.version, "The source of a copy may not be a delete marker.")
		e.EC = "0016-00000307"
		return nil, e
	}
	return nil, refuse(objectstore.NoSuchVersion)
}

// versionID is the source's version, "" in a bucket that has never kept any.
func (s *copySource) versionID() string {
	if s.found.Bucket.Versioning == objectstore.Unversioned {
		return ""
	}
	return s.found.Object.Version()
}

// content is the object, if its bytes may be copied to elsewhere: those of an
// appendable one may not (vendor documentation "CopyObject").
func (s *copySource) content() (*objectstore.Object, error) {
	o, err := s.object()
	if err == nil && o.Type == objectstore.Appendable {
		return nil, errAppendableSource
	}
	return o, err
}
