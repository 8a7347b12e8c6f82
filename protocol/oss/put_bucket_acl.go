package oss

import (
	"context"

	"ossd/objectstore"
)

// PutBucketAcl makes the bucket if there is none, and tells that it is another
// account's as PutBucket does (SDK suites ali-oss and Java).
var putBucketACL = define(Operation{
	Name: "PutBucketAcl", Method: "PUT", On: Bucket, Query: []string{"acl"}, Creates: true, Also: (*call).authorizeCreation,
	Headers: []string{"x-oss-acl"},
}, doPutBucketACL)

type putBucketACLInput struct {
	ACL string `header:"x-oss-acl"`
}

// done is the response of operations that have nothing to say but that they succeeded.
type done struct{}

func doPutBucketACL(ctx context.Context, c *call, in *putBucketACLInput) (*done, error) {
	acl := objectstore.ACL(in.ACL)
	if !acl.ForBucket() {
		return nil, invalidArgument("x-oss-acl", in.ACL, noSuchBucketACL)
	}
	if c.found.Bucket.ID != "" {
		return &done{}, c.Store.SetBucketACL(ctx, c.found.Bucket, acl)
	}
	_, err := c.Store.CreateBucket(ctx, objectstore.Bucket{Name: c.resource.Bucket, Owner: c.credential.Principal.AccountID, ACL: acl})
	return &done{}, err
}

// authorizeCreation asks for the right to make the bucket where the caller has none.
func (c *call) authorizeCreation() error {
	if c.found.Bucket.ID != "" {
		return nil
	}
	return c.permit(c.check(actionPutBucket, c.resource, c.found))
}
