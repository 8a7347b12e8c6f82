package oss

import (
	"context"

	"ossd/objectstore"
)

// AppendObject takes metadata, tags and class from the first append only; an ACL
// from every one that has one.
var appendObject = define(Operation{
	Name: "AppendObject", Method: "POST", On: Object, Query: []string{"append"}, Action: actionPut,
	TrafficLimit: true, Headers: propertyHeaders,
}, doAppendObject)

type appendObjectInput struct {
	Position   *int64 `query:"position"`
	ContentMD5 string `header:"Content-MD5"`
	propertiesInput
}

type appendObjectOutput struct {
	versioned
	ETag         string `header:"ETag"`
	NextPosition int64  `header:"x-oss-next-append-position"`
	CRC64        uint64 `header:"x-oss-hash-crc64ecma"` // of the whole object
}

var errNoPosition = &Error{Status: 400, Code: "MissingArgument", Message: "Missing Some Required Arguments.", EC: "0016-00000501"}

func doAppendObject(ctx context.Context, c *call, in *appendObjectInput) (*appendObjectOutput, error) {
	if in.Position == nil {
		return nil, errNoPosition
	}
	if *in.Position < 0 {
		return nil, invalidArgument("position", c.signed.Query.Get("position"), "The append position must not be negative.")
	}
	a := objectstore.Append{Bucket: c.found.Bucket, Key: c.resource.Key, Position: *in.Position, ForbidOverwrite: in.ForbidOverwrite}
	var err error
	if a.Incoming, err = c.incoming(ctx, in.ContentMD5, nil); err != nil {
		return nil, err
	}
	a.Properties, err = in.properties(c.r.Header)
	if err != nil && c.found.Object != nil { // later ones may say what they like of the rest (SDK suite oss2 test_append_object_with_tagging_wrong_num)
		a.Properties = objectstore.Properties{Headers: storedHeaders(c.r.Header)}
		a.ACL, err = objectACL(in.ACL)
	}
	if err != nil {
		return nil, err
	}
	o, err := c.Store.AppendObject(ctx, a)
	if err != nil {
		return nil, err
	}
	return &appendObjectOutput{versioned: c.versioned(&o), ETag: quote(o.ETag), NextPosition: o.Size, CRC64: o.CRC64}, nil
}
