package oss

import (
	"context"

	"ossd/objectstore"
)

var deleteObject = define(Operation{
	Name: "DeleteObject", Method: "DELETE", On: Object, VersionAction: actionDeleteVersion,
}, doDeleteObject)

type deleteObjectOutput struct {
	noContent
	versioned
	DeleteMarker string `header:"x-oss-delete-marker"` // "true" or absent: oss2 takes any text for true
}

// doDeleteObject succeeds for absent keys too.
func doDeleteObject(ctx context.Context, c *call, _ *none) (*deleteObjectOutput, error) {
	if err := c.checkVersion(); err != nil {
		return nil, err
	}
	if v := c.version(); v != "" && v != objectstore.NullVersion && c.found.Bucket.Versioning == objectstore.Unversioned {
		return nil, &objectstore.Error{Kind: objectstore.NoSuchVersion, Bucket: c.resource.Bucket, Key: c.resource.Key}
	}
	done, err := c.Store.DeleteObject(ctx, c.found.Bucket, objectstore.Deletion{Key: c.resource.Key, Version: c.version()})
	if err != nil {
		return nil, err
	}
	out := &deleteObjectOutput{versioned: versioned{VersionID: c.version()}}
	if done.Marker != "" {
		out.DeleteMarker, out.VersionID = "true", done.Marker
	}
	return out, nil
}
