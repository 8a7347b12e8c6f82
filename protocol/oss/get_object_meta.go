package oss

import "context"

// The documentation sends GetObjectMeta by HEAD; the service answers GET as well, without a body.
var (
	headObjectMeta = define(Operation{Name: "GetObjectMeta", Method: "HEAD", On: Object, Query: []string{"objectMeta"}, Action: "oss:GetObject"}, doGetObjectMeta)
	getObjectMeta  = define(Operation{Name: "GetObjectMeta", Method: "GET", On: Object, Query: []string{"objectMeta"}, Action: "oss:GetObject"}, doGetObjectMeta)
)

type getObjectMetaOutput struct {
	ContentLength int64  `header:"Content-Length"`
	ETag          string `header:"ETag"`
	LastModified  string `header:"Last-Modified"`
	CRC64         uint64 `header:"x-oss-hash-crc64ecma"`
}

func doGetObjectMeta(_ context.Context, c *call, _ *none) (*getObjectMetaOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	return &getObjectMetaOutput{ContentLength: o.Size, ETag: quote(o.ETag), LastModified: httpTime(o.LastModified), CRC64: o.CRC64}, nil
}
