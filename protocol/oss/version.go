package oss

import (
	"ossd/objectstore"
	"ossd/protocol/signature"
	"ossd/protocol/wire"
)

// versionParameter names one version of the object in the address.
const versionParameter = "versionId"

// The texts are compared by client suites (oss2 test_object_versioning).
const (
	emptyVersion     = "Version id can not be the empty string"
	malformedVersion = "Invalid version id specified"
)

// version is the one that the request names, "" for the current one.
func (c *call) version() string {
	if c.operation.VersionAction == "" {
		return ""
	}
	return c.signed.Query.Get(versionParameter)
}

// checkVersion refuses what cannot be a version's id.
func (c *call) checkVersion() error {
	if c.operation.VersionAction == "" || !c.signed.Query.Has(versionParameter) {
		return nil
	}
	return checkVersionID(versionParameter, c.version())
}

func checkVersionID(name, value string) error {
	switch {
	case value == "":
		e := invalidArgument(name, "", emptyVersion)
		e.EC = "0016-00000612"
		return e
	case !objectstore.ValidVersionID(value):
		return invalidArgument(name, value, malformedVersion)
	}
	return nil
}

// object is the one that key and version name, now that the caller may know.
func (c *call) object() (*objectstore.Object, error) {
	if err := objectstore.CheckKey(c.resource.Bucket, c.resource.Key); err != nil {
		return nil, err
	}
	if err := c.checkVersion(); err != nil {
		return nil, err
	}
	if c.found.Object == nil {
		return nil, c.missing()
	}
	return c.found.Object, nil
}

// missing says that there is no object, and what lies in its place.
func (c *call) missing() error {
	refuse := func(k objectstore.Kind) *Error {
		return explainRule(&objectstore.Error{Kind: k, Bucket: c.resource.Bucket, Key: c.resource.Key})
	}
	marker := c.found.Marker
	switch {
	case marker != nil && c.version() != "":
		e := errMethodNotAllowed(c.r.Method, Object)
		e.EC = "0003-00000016"
		e.Fields = []signature.Field{{Name: "Method", Value: c.r.Method}, {Name: "ResourceType", Value: "DeleteMarker"}}
		e.Headers = append(c.markerHeaders(marker), header("Allow", "DELETE"))
		return e
	case marker != nil:
		e := refuse(objectstore.NoSuchKey)
		e.Headers = c.markerHeaders(marker)
		return e
	case c.version() != "":
		return refuse(objectstore.NoSuchVersion)
	}
	return refuse(objectstore.NoSuchKey)
}

// versioned is the version header of a response. It is not sent where a bucket
// has never kept versions.
type versioned struct {
	VersionID string `header:"x-oss-version-id"`
}

func (c *call) versioned(o *objectstore.Object) versioned {
	if c.found.Bucket.Versioning == objectstore.Unversioned {
		return versioned{}
	}
	return versioned{o.Version()}
}

// markerHeaders tell that a delete marker lies where an object was looked for.
func (c *call) markerHeaders(marker *objectstore.Object) []wire.Header {
	return []wire.Header{header("x-oss-delete-marker", "true"), header("x-oss-version-id", marker.Version())}
}
