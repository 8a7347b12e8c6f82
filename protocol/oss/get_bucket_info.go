package oss

import (
	"context"
	"encoding/xml"
)

var getBucketInfo = define(Operation{Name: "GetBucketInfo", Method: "GET", On: Bucket, Query: []string{"bucketInfo"}}, doGetBucketInfo)

type getBucketInfoOutput struct {
	Body bucketInfoDocument `body:"xml"`
}

// bucketInfoDocument has every element that clients look up without asking
// whether it is there: ServerSideEncryptionRule is flat and always present,
// Comment is present though empty (SDK suite oss2 test_bucket_info).
type bucketInfoDocument struct {
	XMLName xml.Name      `xml:"BucketInfo"`
	Bucket  bucketDetails `xml:"Bucket"`
}

type bucketDetails struct {
	Name                     string
	Location                 string
	CreationDate             string
	ExtranetEndpoint         string
	IntranetEndpoint         string
	Owner                    owner
	AccessControlList        accessControlList
	StorageClass             string
	DataRedundancyType       string
	Comment                  string
	Versioning               string `xml:",omitempty"`
	AccessMonitor            string
	TransferAcceleration     string
	CrossRegionReplication   string
	BlockPublicAccess        bool
	ServerSideEncryptionRule struct{ SSEAlgorithm string }
	BucketPolicy             struct{ LogBucket, LogPrefix string }
}

func doGetBucketInfo(_ context.Context, c *call, _ *none) (*getBucketInfoOutput, error) {
	b := c.found.Bucket
	d := bucketDetails{
		Name: b.Name, Location: c.location, CreationDate: xmlTime(b.Created),
		ExtranetEndpoint: c.endpoint(), IntranetEndpoint: c.endpoint(),
		Owner: ownerOf(b.Owner), AccessControlList: accessControlList{Grant: string(b.ACL)},
		StorageClass: string(b.StorageClass), DataRedundancyType: string(b.Redundancy),
		Versioning:    string(b.Versioning),
		AccessMonitor: "Disabled", TransferAcceleration: "Disabled", CrossRegionReplication: "Disabled",
	}
	d.ServerSideEncryptionRule.SSEAlgorithm = "None"
	return &getBucketInfoOutput{Body: bucketInfoDocument{Bucket: d}}, nil
}
