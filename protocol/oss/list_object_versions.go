package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var listObjectVersions = define(Operation{
	Name: "ListObjectVersions", Method: "GET", On: Bucket, Group: groupVersioning, Query: []string{"versions"},
}, doListObjectVersions)

type listObjectVersionsInput struct {
	listingInput
	KeyMarker     string `query:"key-marker"`
	VersionMarker string `query:"version-id-marker"`
}

type listObjectVersionsOutput struct {
	Body listVersionsResult `body:"xml"`
}

type listVersionsResult struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	Name                string
	Prefix              string
	KeyMarker           string
	VersionIdMarker     string
	MaxKeys             int
	Delimiter           string
	EncodingType        string `xml:",omitempty"`
	IsTruncated         bool
	NextKeyMarker       string         `xml:",omitempty"`
	NextVersionIdMarker string         `xml:",omitempty"`
	Versions            []any          // Version and DeleteMarker, mixed in their order
	CommonPrefixes      []commonPrefix `xml:"CommonPrefixes"`
}

type listedVersion struct {
	XMLName   xml.Name `xml:"Version"`
	VersionId string
	IsLatest  bool
	listedObject
}

type listedMarker struct {
	XMLName      xml.Name `xml:"DeleteMarker"`
	Key          string
	VersionId    string
	IsLatest     bool
	LastModified string
	Owner        owner
}

func doListObjectVersions(ctx context.Context, c *call, in *listObjectVersionsInput) (*listObjectVersionsOutput, error) {
	l, err := c.listing(in.listingInput, "0012-00000102", in.KeyMarker)
	if err != nil {
		return nil, err
	}
	if err := in.checkMarkers(); err != nil {
		return nil, err
	}
	page, err := c.Store.Versions(ctx, objectstore.ListVersions{
		Bucket: c.resource.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter,
		AfterKey: in.KeyMarker, AfterVersion: in.VersionMarker, Limit: l.limit,
	})
	if err != nil {
		return nil, err
	}
	result := listVersionsResult{
		Name: c.resource.Bucket, Prefix: l.encode(in.Prefix), KeyMarker: l.encode(in.KeyMarker), VersionIdMarker: in.VersionMarker,
		MaxKeys: l.limit, Delimiter: l.encode(in.Delimiter), EncodingType: in.EncodingType, IsTruncated: page.More,
		CommonPrefixes: l.commonPrefixes(page.CommonPrefixes),
	}
	if page.More {
		result.NextKeyMarker, result.NextVersionIdMarker = l.encode(page.LastKey), page.LastVersion
	}
	who := ownerOf(c.found.Bucket.Owner)
	for _, v := range page.Versions {
		if v.DeleteMarker {
			result.Versions = append(result.Versions, listedMarker{
				Key: l.encode(v.Key), VersionId: v.Version(), IsLatest: v.Latest, LastModified: xmlTime(v.LastModified), Owner: who,
			})
			continue
		}
		result.Versions = append(result.Versions, listedVersion{
			VersionId: v.Version(), IsLatest: v.Latest, listedObject: c.listed(&v.Object, l.encode, &who),
		})
	}
	return &listObjectVersionsOutput{Body: result}, nil
}

func (in *listObjectVersionsInput) checkMarkers() error {
	switch {
	case in.VersionMarker == "":
		return nil
	case in.KeyMarker == "":
		return invalidArgument("version-id-marker", in.VersionMarker, "A version-id marker cannot be specified without a key marker.")
	}
	return checkVersionID("version-id-marker", in.VersionMarker)
}
