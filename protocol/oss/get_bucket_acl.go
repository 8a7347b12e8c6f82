package oss

import (
	"context"
	"encoding/xml"
)

var getBucketACL = define(Operation{Name: "GetBucketAcl", Method: "GET", On: Bucket, Query: []string{"acl"}}, doGetBucketACL)

type getBucketACLOutput struct {
	Body accessControlPolicy `body:"xml"`
}

type accessControlPolicy struct {
	XMLName           xml.Name `xml:"AccessControlPolicy"`
	Owner             owner
	AccessControlList accessControlList
}

type accessControlList struct{ Grant string }

func doGetBucketACL(_ context.Context, c *call, _ *none) (*getBucketACLOutput, error) {
	b := c.found.Bucket
	return &getBucketACLOutput{Body: accessControlPolicy{Owner: ownerOf(b.Owner), AccessControlList: accessControlList{Grant: string(b.ACL)}}}, nil
}
