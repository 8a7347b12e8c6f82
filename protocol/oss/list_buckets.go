package oss

import (
	"context"
	"encoding/xml"
)

var listBuckets = define(Operation{Name: "ListBuckets", Method: "GET", On: Service}, doListBuckets)

type listBucketsInput struct {
	Prefix  string `query:"prefix"`
	Marker  string `query:"marker"`
	MaxKeys string `query:"max-keys"`
}

type listBucketsOutput struct {
	Body listAllMyBucketsResult `body:"xml"`
}

type listAllMyBucketsResult struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	Prefix      string
	Marker      string
	MaxKeys     int
	IsTruncated bool
	NextMarker  string
	Owner       owner
	Buckets     []bucketSummary `xml:"Buckets>Bucket"`
}

type bucketSummary struct {
	Name             string
	Location         string
	Region           string
	CreationDate     string
	StorageClass     string
	ExtranetEndpoint string
	IntranetEndpoint string
	Comment          string
}

func doListBuckets(ctx context.Context, c *call, in *listBucketsInput) (*listBucketsOutput, error) {
	limit, err := pageLimit(in.MaxKeys, "0017-00000289")
	if err != nil {
		return nil, err
	}
	account := c.credential.Principal.AccountID
	page, err := c.Store.Buckets(ctx, account, in.Prefix, in.Marker, limit)
	if err != nil {
		return nil, err
	}
	result := listAllMyBucketsResult{
		Prefix: in.Prefix, Marker: in.Marker, MaxKeys: limit, IsTruncated: page.More, NextMarker: page.NextMarker, Owner: ownerOf(account),
	}
	for _, b := range page.Buckets {
		result.Buckets = append(result.Buckets, bucketSummary{
			Name: b.Name, Location: c.location, Region: c.location[len("oss-"):], CreationDate: xmlTime(b.Created),
			StorageClass: string(b.StorageClass), ExtranetEndpoint: c.endpoint(), IntranetEndpoint: c.endpoint(),
		})
	}
	return &listBucketsOutput{Body: result}, nil
}
