package oss

import "context"

// The documentation sends GetObjectMeta by HEAD; the service answers GET as well, without a body.
var (
	headObjectMeta = define(objectMeta("HEAD"), doGetObjectMeta)
	getObjectMeta  = define(objectMeta("GET"), doGetObjectMeta)
)

func objectMeta(method string) Operation {
	return Operation{
		Name: "GetObjectMeta", Method: method, On: Object, Query: []string{"objectMeta"},
		Action: actionGet, VersionAction: actionGetVersion,
	}
}

type getObjectMetaOutput struct {
	versioned
	ContentLength int64  `header:"Content-Length"`
	ETag          string `header:"ETag"`
	LastModified  string `header:"Last-Modified"`
	CRC64         uint64 `header:"x-oss-hash-crc64ecma"`
}

// doGetObjectMeta describes a symlink itself, not its target.
func doGetObjectMeta(_ context.Context, c *call, _ *none) (*getObjectMetaOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	return &getObjectMetaOutput{
		versioned: c.versioned(o), ContentLength: o.Size, ETag: quote(o.ETag), LastModified: httpTime(o.LastModified), CRC64: o.CRC64,
	}, nil
}
