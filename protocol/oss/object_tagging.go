package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var (
	putObjectTagging = define(Operation{
		Name: "PutObjectTagging", Method: "PUT", On: Object, Query: []string{"tagging"}, VersionAction: "oss:PutObjectVersionTagging",
		ByBody: true, // policies may speak of the tags
	}, doPutObjectTagging)
	getObjectTagging = define(Operation{
		Name: "GetObjectTagging", Method: "GET", On: Object, Query: []string{"tagging"}, VersionAction: actionGetVersionTagging,
	}, doGetObjectTagging)
	deleteObjectTagging = define(Operation{
		Name: "DeleteObjectTagging", Method: "DELETE", On: Object, Query: []string{"tagging"}, VersionAction: "oss:DeleteObjectVersionTagging",
	}, doDeleteObjectTagging)
)

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	TagSet  *tagSet
}

type tagSet struct {
	Tag []tag
}

type tag struct{ Key, Value string }

type putObjectTaggingInput struct {
	Document tagging `body:"xml"`
}

func doPutObjectTagging(ctx context.Context, c *call, in *putObjectTaggingInput) (*versioned, error) {
	tags := []objectstore.Header{}
	if in.Document.TagSet != nil {
		for _, t := range in.Document.TagSet.Tag {
			tags = append(tags, objectstore.Header{Name: t.Key, Value: t.Value})
		}
	}
	c.tags = tags
	if err := c.authorizeResource(); err != nil {
		return nil, err
	}
	if _, err := c.object(); err != nil {
		return nil, err
	}
	if in.Document.TagSet == nil {
		return nil, c.malformedXML()
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	o, err := c.Store.SetObjectTags(ctx, c.found.Bucket, c.resource.Key, c.version(), tags)
	v := c.versioned(&o)
	return &v, err
}

type getObjectTaggingOutput struct {
	versioned
	Document tagging `body:"xml"`
}

func doGetObjectTagging(_ context.Context, c *call, _ *none) (*getObjectTaggingOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	set := &tagSet{}
	for _, t := range o.Tags {
		set.Tag = append(set.Tag, tag{t.Name, t.Value})
	}
	return &getObjectTaggingOutput{versioned: c.versioned(o), Document: tagging{TagSet: set}}, nil
}

// versionedNoContent is the response of deletions that name a version.
type versionedNoContent struct {
	versioned
	noContent
}

func doDeleteObjectTagging(ctx context.Context, c *call, _ *none) (*versionedNoContent, error) {
	if _, err := c.object(); err != nil {
		return nil, err
	}
	o, err := c.Store.SetObjectTags(ctx, c.found.Bucket, c.resource.Key, c.version(), nil)
	return &versionedNoContent{versioned: c.versioned(&o)}, err
}
