package oss

import (
	"context"
	"encoding/xml"
)

var getBucketLocation = define(Operation{Name: "GetBucketLocation", Method: "GET", On: Bucket, Query: []string{"location"}}, doGetBucketLocation)

type getBucketLocationOutput struct {
	Body locationConstraint `body:"xml"`
}

type locationConstraint struct {
	XMLName  xml.Name `xml:"LocationConstraint"`
	Location string   `xml:",chardata"`
}

func doGetBucketLocation(_ context.Context, c *call, _ *none) (*getBucketLocationOutput, error) {
	return &getBucketLocationOutput{Body: locationConstraint{Location: c.location}}, nil
}
