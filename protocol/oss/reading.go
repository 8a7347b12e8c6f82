package oss

import (
	"context"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// reading is an object that is read: what is shown of it, and the object whose
// content that is. They differ for a symlink.
type reading struct {
	shown, source *objectstore.Object
}

var (
	errSymlinkTarget = &Error{Status: 404, Code: "SymlinkTargetNotExist", Message: "The symlink target object does not exist."}
	errTargetType    = &Error{Status: 400, Code: "InvalidTargetType", Message: "The symbolic's target file type is invalid."}
)

// read finds the object and, if it is a symlink, its target: always the current
// version in the same bucket, which the caller must be allowed to read, too.
func (c *call) read(ctx context.Context) (reading, error) {
	o, err := c.object()
	if err != nil || o.Type != objectstore.Symlink {
		return reading{o, o}, err
	}
	target := signature.Resource{Bucket: c.resource.Bucket, Key: o.Target}
	found, err := c.Store.Find(ctx, target.Bucket, target.Key, "")
	if err != nil {
		return reading{}, err
	}
	if err := c.permit(c.check(actionGet, target, found)); err != nil {
		return reading{}, err
	}
	switch {
	case found.Object == nil:
		return reading{}, errSymlinkTarget
	case found.Object.Type == objectstore.Symlink:
		return reading{}, errTargetType
	}
	return reading{throughLink(o, found.Object), found.Object}, nil
}

// throughLink shows a target's content under a link's own metadata, type and
// version (SDK suites Java SymlinkTest, ali-oss). Headers that the link lacks
// are the target's.
func throughLink(link, target *objectstore.Object) *objectstore.Object {
	shown := *target
	shown.Key, shown.Type, shown.VersionID = link.Key, link.Type, link.VersionID
	shown.Metadata, shown.Tags, shown.ACL = link.Metadata, link.Tags, link.ACL
	if link.LastModified.After(shown.LastModified) {
		shown.LastModified = link.LastModified
	}
	shown.Headers = append(append([]objectstore.Header(nil), target.Headers...), link.Headers...) // later ones win
	return &shown
}

// checkReadable refuses the content of an archived object that is not restored.
func (c *call) checkReadable(o *objectstore.Object) error {
	if o.Readable(c.Now()) {
		return nil
	}
	return &objectstore.Error{Kind: objectstore.InvalidObjectState, Bucket: c.resource.Bucket, Key: o.Key}
}
