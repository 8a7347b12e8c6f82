package oss

import (
	"context"
	"encoding/xml"
)

var listObjects = define(Operation{Name: "ListObjects", Method: "GET", On: Bucket}, doListObjects)

type listObjectsInput struct {
	listingInput
	Marker string `query:"marker"`
}

type listObjectsOutput struct {
	Body listBucketResult `body:"xml"`
}

type listBucketResult struct {
	XMLName        xml.Name `xml:"ListBucketResult"`
	Name           string
	Prefix         string
	Marker         string
	MaxKeys        int
	Delimiter      string
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	NextMarker     string         `xml:",omitempty"`
	Contents       []listedObject `xml:"Contents"`
	CommonPrefixes []commonPrefix `xml:"CommonPrefixes"`
}

func doListObjects(ctx context.Context, c *call, in *listObjectsInput) (*listObjectsOutput, error) {
	l, err := c.list(ctx, in.listingInput, header("marker", in.Marker), true)
	if err != nil {
		return nil, err
	}
	result := listBucketResult{
		Name: c.resource.Bucket, Prefix: l.encode(in.Prefix), Marker: l.encode(in.Marker), MaxKeys: l.limit,
		Delimiter: l.encode(in.Delimiter), EncodingType: encodingName(in.EncodingType), IsTruncated: l.page.More,
		Contents: l.objects, CommonPrefixes: l.prefixes,
	}
	if l.page.More {
		result.NextMarker = l.encode(l.page.Last)
	}
	return &listObjectsOutput{Body: result}, nil
}
