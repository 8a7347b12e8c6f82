package oss

import (
	"context"

	"ossd/objectstore"
)

var putObjectACL = define(Operation{
	Name: "PutObjectAcl", Method: "PUT", On: Object, Query: []string{"acl"}, VersionAction: "oss:PutObjectVersionAcl",
	Headers: []string{"x-oss-object-acl"},
}, doPutObjectACL)

type putObjectACLInput struct {
	ACL string `header:"x-oss-object-acl"`
}

func doPutObjectACL(ctx context.Context, c *call, in *putObjectACLInput) (*versioned, error) {
	if _, err := c.object(); err != nil {
		return nil, err
	}
	acl := objectstore.ACL(in.ACL)
	if !acl.ForObject() {
		return nil, invalidArgument("x-oss-object-acl", in.ACL, noSuchObjectACL)
	}
	o, err := c.Store.SetObjectACL(ctx, c.found.Bucket, c.resource.Key, c.version(), acl)
	v := c.versioned(&o)
	return &v, err
}
