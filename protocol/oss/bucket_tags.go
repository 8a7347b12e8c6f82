package oss

import (
	"context"
	"slices"
	"strings"

	"ossd/objectstore"
)

// The operations are called BucketTags, their actions BucketTagging.
var (
	putBucketTags = define(Operation{
		Name: "PutBucketTags", Method: "PUT", On: Bucket, Query: []string{"tagging"}, Action: "oss:PutBucketTagging", MalformedXML: "0015-00000231",
	}, doPutBucketTags)
	getBucketTags = define(Operation{
		Name: "GetBucketTags", Method: "GET", On: Bucket, Query: []string{"tagging"}, Action: "oss:GetBucketTagging",
	}, doGetBucketTags)
	deleteBucketTags = define(Operation{
		Name: "DeleteBucketTags", Method: "DELETE", On: Bucket, Query: []string{"tagging"}, Action: "oss:DeleteBucketTagging",
	}, doDeleteBucketTags)
)

// Limits of bucket tags (vendor documentation "PutBucketTags").
const (
	maxBucketTags     = 20
	maxBucketTagKey   = 64  // bytes
	maxBucketTagValue = 128 // bytes
)

var errBucketTagCount = &Error{Status: 400, Code: "TooManyTags", Message: "A bucket may have at most 20 tags."}

func doPutBucketTags(ctx context.Context, c *call, in *putObjectTaggingInput) (*done, error) {
	if in.Document.TagSet == nil {
		return nil, c.malformedXML()
	}
	var tags []objectstore.Header
	for _, t := range in.Document.TagSet.Tag {
		tags = append(tags, objectstore.Header{Name: t.Key, Value: t.Value})
	}
	if err := checkBucketTags(tags); err != nil {
		return nil, err
	}
	return &done{}, c.Store.SetBucketTags(ctx, c.found.Bucket, func([]objectstore.Header) []objectstore.Header { return tags })
}

// checkBucketTags knows no alphabet, unlike checkTags (SDK suite oss2 test_bucket_tagging).
func checkBucketTags(tags []objectstore.Header) error {
	if len(tags) > maxBucketTags {
		return errBucketTagCount
	}
	seen := map[string]bool{}
	for _, t := range tags {
		reserved := slices.ContainsFunc([]string{"http://", "https://", "Aliyun"}, func(p string) bool { return strings.HasPrefix(t.Name, p) })
		switch {
		case t.Name == "" || len(t.Name) > maxBucketTagKey || reserved:
			return &Error{Status: 400, Code: "InvalidTagKey", Message: errTagKey.Message}
		case len(t.Value) > maxBucketTagValue:
			return errTagValue
		case seen[t.Name]:
			return errTagTwice
		}
		seen[t.Name] = true
	}
	return nil
}

type getBucketTagsOutput struct {
	Document tagging `body:"xml"`
}

// doGetBucketTags succeeds where there are none.
func doGetBucketTags(_ context.Context, c *call, _ *none) (*getBucketTagsOutput, error) {
	set := &tagSet{}
	for _, t := range c.found.Bucket.Tags.List() {
		set.Tag = append(set.Tag, tag{t.Name, t.Value})
	}
	return &getBucketTagsOutput{Document: tagging{TagSet: set}}, nil
}

type deleteBucketTagsInput struct {
	Names string `query:"tagging"` // separated by commas; empty: all
}

func doDeleteBucketTags(ctx context.Context, c *call, in *deleteBucketTagsInput) (*noContent, error) {
	return &noContent{}, c.Store.SetBucketTags(ctx, c.found.Bucket, func(old []objectstore.Header) []objectstore.Header {
		if in.Names == "" {
			return nil
		}
		gone := strings.Split(in.Names, ",")
		return slices.DeleteFunc(old, func(t objectstore.Header) bool { return slices.Contains(gone, t.Name) })
	})
}
