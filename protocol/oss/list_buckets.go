package oss

import (
	"context"
	"encoding/json"
	"encoding/xml"

	"ossd/objectstore"
)

var listBuckets = define(Operation{Name: "ListBuckets", Method: "GET", On: Service}, doListBuckets)

type listBucketsInput struct {
	Prefix  string `query:"prefix"`
	Marker  string `query:"marker"`
	MaxKeys string `query:"max-keys"`
	tagFilter
}

// tagFilter wants buckets by their tags.
type tagFilter struct {
	Key     string `query:"tag-key"`
	Value   string `query:"tag-value"`
	Tagging string `query:"tagging"` // "k1":"v1","k2":"v2"
}

// keep is nil where all buckets are wanted.
func (f *tagFilter) keep() (func(objectstore.Bucket) bool, error) {
	if f.Value != "" && f.Key == "" {
		return nil, invalidArgument("tag-value", f.Value, "A tag-value needs a tag-key.")
	}
	wanted := map[string]string{}
	if f.Tagging != "" && json.Unmarshal([]byte("{"+f.Tagging+"}"), &wanted) != nil {
		return nil, invalidArgument("tagging", f.Tagging, "The tagging must be written as \"k1\":\"v1\",\"k2\":\"v2\".")
	}
	if f.Key == "" && len(wanted) == 0 {
		return nil, nil
	}
	return func(b objectstore.Bucket) bool {
		if value, ok := b.Tags.Get(f.Key); f.Key != "" && (!ok || f.Value != "" && value != f.Value) {
			return false
		}
		for key, want := range wanted {
			if value, ok := b.Tags.Get(key); !ok || value != want {
				return false
			}
		}
		return true
	}, nil
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
	if !objectstore.BeginsBucketName(in.Prefix) { // SDK suite Go v1 TestIsBucketExist
		return nil, invalidArgument("prefix", in.Prefix, "The prefix is not one that a bucket name can have.")
	}
	account := c.credential.Principal.AccountID
	keep, err := in.keep()
	if err != nil {
		return nil, err
	}
	page, err := c.Store.Buckets(ctx, objectstore.ListBuckets{Account: account, Prefix: in.Prefix, After: in.Marker, Limit: limit, Keep: keep})
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
