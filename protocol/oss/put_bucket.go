package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var putBucket = define(Operation{
	Name: "PutBucket", Method: "PUT", On: Bucket, Creates: true, Also: (*call).authorizeBucketACL,
	Headers: []string{"x-oss-acl"},
}, doPutBucket)

type putBucketInput struct {
	ACL           string `header:"x-oss-acl"`
	Configuration struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		StorageClass       string
		DataRedundancyType string
		LocationConstraint string
	} `body:"xml"`
}

type putBucketOutput struct {
	Location string `header:"Location"`
}

func doPutBucket(ctx context.Context, c *call, in *putBucketInput) (*putBucketOutput, error) {
	acl, err := bucketACL(in.ACL)
	if err != nil {
		return nil, err
	}
	class, err := storageClass("StorageClass", in.Configuration.StorageClass)
	if err != nil {
		return nil, err
	}
	redundancy := objectstore.Redundancy(in.Configuration.DataRedundancyType)
	if redundancy != "" && redundancy != objectstore.LRS && redundancy != objectstore.ZRS {
		return nil, invalidArgument("DataRedundancyType", string(redundancy), "No such data redundancy type exists")
	}
	if where := in.Configuration.LocationConstraint; where != "" && where != c.location {
		return nil, &Error{Status: 400, Code: "InvalidLocationConstraint", Message: "The specified location-constraint is not valid"}
	}
	b, err := c.Store.CreateBucket(ctx, objectstore.Bucket{
		ID: c.found.Bucket.ID, Name: c.resource.Bucket, Owner: c.credential.Principal.AccountID, ACL: acl, StorageClass: class, Redundancy: redundancy,
	})
	if err != nil {
		return nil, err
	}
	return &putBucketOutput{Location: "/" + b.Name}, nil
}

// authorizeBucketACL asks for the right to change the ACL of a bucket that is
// there already (vendor documentation "PutBucket", section "Permissions").
func (c *call) authorizeBucketACL() error {
	if c.found.Bucket.ID == "" || c.parameters.Get("x-oss-acl") == "" {
		return nil
	}
	return c.permit(c.check(actionPutBucketACL, c.resource, c.found))
}
