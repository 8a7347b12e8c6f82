package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

// Blocking public access can be switched on for an account and for a bucket:
// either is enough.
var (
	putPublicAccessBlock          = define(accessBlock("PutPublicAccessBlock", "PUT", Service), doPutPublicAccessBlock)
	getPublicAccessBlock          = define(accessBlock("GetPublicAccessBlock", "GET", Service), doGetPublicAccessBlock)
	deletePublicAccessBlock       = define(accessBlock("DeletePublicAccessBlock", "DELETE", Service), doDeletePublicAccessBlock)
	putBucketPublicAccessBlock    = define(accessBlock("PutBucketPublicAccessBlock", "PUT", Bucket), doPutBucketPublicAccessBlock)
	getBucketPublicAccessBlock    = define(accessBlock("GetBucketPublicAccessBlock", "GET", Bucket), doGetBucketPublicAccessBlock)
	deleteBucketPublicAccessBlock = define(accessBlock("DeleteBucketPublicAccessBlock", "DELETE", Bucket), doDeleteBucketPublicAccessBlock)
)

func accessBlock(name, method string, on Target) Operation {
	return Operation{Name: name, Method: method, On: on, Group: groupPolicies, Query: []string{"publicAccessBlock"}, MalformedXML: "0015-00000231"}
}

type publicAccessBlock struct {
	XMLName           xml.Name `xml:"PublicAccessBlockConfiguration"`
	BlockPublicAccess *bool
}

type publicAccessBlockInput struct {
	Document publicAccessBlock `body:"xml"`
}

func (in *publicAccessBlockInput) on(c *call) (bool, error) {
	if in.Document.BlockPublicAccess == nil {
		return false, c.malformedXML()
	}
	return *in.Document.BlockPublicAccess, nil
}

type publicAccessBlockOutput struct {
	Document publicAccessBlock `body:"xml"`
}

func doPutPublicAccessBlock(ctx context.Context, c *call, in *publicAccessBlockInput) (*done, error) {
	on, err := in.on(c)
	if err != nil {
		return nil, err
	}
	return &done{}, c.Store.SetAccountPublicAccessBlock(ctx, c.credential.Principal.AccountID, on)
}

func doGetPublicAccessBlock(ctx context.Context, c *call, _ *none) (*publicAccessBlockOutput, error) {
	on, err := c.Store.AccountPublicAccessBlock(ctx, c.credential.Principal.AccountID)
	return &publicAccessBlockOutput{Document: publicAccessBlock{BlockPublicAccess: &on}}, err
}

func doDeletePublicAccessBlock(ctx context.Context, c *call, _ *none) (*noContent, error) {
	return &noContent{}, c.Store.SetAccountPublicAccessBlock(ctx, c.credential.Principal.AccountID, false)
}

func doPutBucketPublicAccessBlock(ctx context.Context, c *call, in *publicAccessBlockInput) (*done, error) {
	on, err := in.on(c)
	if err != nil {
		return nil, err
	}
	return &done{}, c.Store.SetPublicAccessBlock(ctx, c.found.Bucket, on)
}

func doGetBucketPublicAccessBlock(_ context.Context, c *call, _ *none) (*publicAccessBlockOutput, error) {
	return &publicAccessBlockOutput{Document: publicAccessBlock{BlockPublicAccess: &c.found.Bucket.BlockPublicAccess}}, nil
}

func doDeleteBucketPublicAccessBlock(ctx context.Context, c *call, _ *none) (*noContent, error) {
	return &noContent{}, c.Store.SetPublicAccessBlock(ctx, c.found.Bucket, false)
}

// blocksPublicAccess tells whether public access to a bucket is blocked at either level.
func (c *call) blocksPublicAccess(ctx context.Context, b objectstore.Bucket) (bool, error) {
	if b.BlockPublicAccess {
		return true, nil
	}
	return c.Store.AccountPublicAccessBlock(ctx, b.Owner)
}

// refusePublicACL refuses to open to the world what is blocked from it. It looks
// at the headers by which every operation that can do so is told to.
func (c *call) refusePublicACL() error {
	for _, h := range [...]struct{ name, of string }{{"x-oss-acl", "bucket"}, {"x-oss-object-acl", "object"}} {
		if !objectstore.ACL(c.parameters.Get(h.name)).Public() {
			continue
		}
		b := c.found.Bucket
		if b.Owner == "" && c.credential != nil { // the bucket is about to be made
			b.Owner = c.credential.Principal.AccountID
		}
		blocked, err := c.blocksPublicAccess(c.r.Context(), b)
		if err == nil && blocked {
			err = &Error{Status: 403, Code: "AccessDenied", Message: "Put public " + h.of + " acl is not allowed"}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
