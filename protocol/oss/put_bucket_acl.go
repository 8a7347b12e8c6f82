package oss

import (
	"context"
	"errors"

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
	account := c.credential.Principal.AccountID
	switch c.found.Bucket.Owner {
	case account:
		return &done{}, c.Store.SetBucketACL(ctx, c.found.Bucket, acl)
	case "":
		_, err := c.Store.CreateBucket(ctx, objectstore.Bucket{Name: c.resource.Bucket, Owner: account, ACL: acl})
		return &done{}, err
	}
	// Though it may have gone since, making it was not asked for.
	return nil, &objectstore.Error{Kind: objectstore.BucketAlreadyExists, Bucket: c.resource.Bucket}
}

// authorizeCreation asks for the right to make the bucket where there is none.
func (c *call) authorizeCreation() (err error) {
	c.found, err = c.Store.Find(c.r.Context(), c.resource.Bucket, "", "")
	if errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}) {
		return c.permit(c.check(putBucket.Action, c.resource, c.found))
	}
	return err
}
