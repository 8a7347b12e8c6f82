package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var getBucketACL = define(Operation{Name: "GetBucketAcl", Method: "GET", On: Bucket, Query: []string{"acl"}}, doGetBucketACL)

// accessControlOutput is the response for buckets and for objects.
type accessControlOutput struct {
	versioned
	Body accessControlPolicy `body:"xml"`
}

type accessControlPolicy struct {
	XMLName           xml.Name `xml:"AccessControlPolicy"`
	Owner             owner
	AccessControlList accessControlList
}

type accessControlList struct{ Grant string }

func doGetBucketACL(_ context.Context, c *call, _ *none) (*accessControlOutput, error) {
	return c.accessControl(c.found.Bucket.ACL), nil
}

func (c *call) accessControl(acl objectstore.ACL) *accessControlOutput {
	return &accessControlOutput{Body: accessControlPolicy{
		Owner: ownerOf(c.found.Bucket.Owner), AccessControlList: accessControlList{Grant: string(acl)},
	}}
}
