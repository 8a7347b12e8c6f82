package oss

import (
	"context"
	"net/url"
	"slices"

	"ossd/objectstore"
)

const symlinkTarget = "x-oss-symlink-target"

var (
	putSymlink = define(Operation{
		Name: "PutSymlink", Method: "PUT", On: Object, Query: []string{"symlink"}, Action: actionPut,
		Headers: slices.Concat(propertyHeaders, []string{symlinkTarget}),
	}, doPutSymlink)
	getSymlink = define(Operation{
		Name: "GetSymlink", Method: "GET", On: Object, Query: []string{"symlink"},
		Action: actionGet, VersionAction: actionGetVersion,
	}, doGetSymlink)
)

var errNotSymlink = &Error{Status: 400, Code: "NotSymlink", Message: "The object is not symlink."}

type putSymlinkInput struct {
	Target string `header:"x-oss-symlink-target"`
	propertiesInput
}

type putSymlinkOutput struct {
	versioned
	ETag string `header:"ETag"`
}

func doPutSymlink(ctx context.Context, c *call, in *putSymlinkInput) (*putSymlinkOutput, error) {
	target, err := url.QueryUnescape(in.Target)
	if err != nil || objectstore.CheckKey(c.resource.Bucket, target) != nil {
		return nil, invalidArgument(symlinkTarget, in.Target, "The symlink target must name an object, encoded as in a URL.")
	}
	put := objectstore.PutLink{Bucket: c.found.Bucket, Key: c.resource.Key, Target: target, ForbidOverwrite: in.ForbidOverwrite}
	if put.Properties, err = in.properties(c.r.Header); err != nil {
		return nil, err
	}
	if c.r.Header.Get("Content-Type") == "" { // then the target's counts
		put.Headers = slices.DeleteFunc(put.Headers, func(h objectstore.Header) bool { return h.Name == "Content-Type" })
	}
	o, err := c.Store.PutSymlink(ctx, put)
	if err != nil {
		return nil, err
	}
	return &putSymlinkOutput{versioned: c.versioned(&o), ETag: quote(o.ETag)}, nil
}

type getSymlinkOutput struct {
	versioned
	Target       string               `header:"x-oss-symlink-target"`
	ETag         string               `header:"ETag"`
	LastModified string               `header:"Last-Modified"`
	Metadata     []objectstore.Header `header:"x-oss-meta-*"`
}

// doGetSymlink returns the target as a client would send it.
func doGetSymlink(_ context.Context, c *call, _ *none) (*getSymlinkOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	if o.Type != objectstore.Symlink {
		return nil, errNotSymlink
	}
	return &getSymlinkOutput{
		versioned: c.versioned(o), Target: encodeKey(o.Target), ETag: quote(o.ETag), LastModified: httpTime(o.LastModified), Metadata: o.Metadata,
	}, nil
}
