package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var (
	putBucketVersioning = define(Operation{
		Name: "PutBucketVersioning", Method: "PUT", On: Bucket, Group: groupVersioning, Query: []string{"versioning"}, MalformedXML: "0015-00000231",
	}, doPutBucketVersioning)
	getBucketVersioning = define(Operation{
		Name: "GetBucketVersioning", Method: "GET", On: Bucket, Group: groupVersioning, Query: []string{"versioning"},
	}, doGetBucketVersioning)
)

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:",omitempty"` // absent where it was never set
}

type putBucketVersioningInput struct {
	Document versioningConfiguration `body:"xml"`
}

func doPutBucketVersioning(ctx context.Context, c *call, in *putBucketVersioningInput) (*done, error) {
	if in.Document.XMLName.Local == "" {
		return nil, c.malformedXML()
	}
	state := objectstore.Versioning(in.Document.Status)
	if state != objectstore.Enabled && state != objectstore.Suspended {
		return nil, invalidArgument("Status", in.Document.Status, "The versioning status must be Enabled or Suspended.")
	}
	return &done{}, c.Store.SetVersioning(ctx, c.found.Bucket, state)
}

type getBucketVersioningOutput struct {
	Document versioningConfiguration `body:"xml"`
}

func doGetBucketVersioning(_ context.Context, c *call, _ *none) (*getBucketVersioningOutput, error) {
	return &getBucketVersioningOutput{Document: versioningConfiguration{Status: string(c.found.Bucket.Versioning)}}, nil
}
