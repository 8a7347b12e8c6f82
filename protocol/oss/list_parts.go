package oss

import (
	"context"
	"encoding/xml"
	"strconv"

	"ossd/objectstore"
)

// ListParts is sent with all that was said of the object by oss2's resumable_upload.
var listParts = define(Operation{
	Name: "ListParts", Method: "GET", On: Object, Group: groupMultipart, Query: []string{"uploadId"}, Headers: propertyHeaders, TrafficLimit: true,
}, doListParts)

type listPartsInput struct {
	UploadID         string `query:"uploadId"`
	MaxParts         *int   `query:"max-parts"`
	PartNumberMarker *int   `query:"part-number-marker"`
	EncodingType     string `query:"encoding-type"`
}

type listPartsOutput struct {
	Body listPartsResult `body:"xml"`
}

type listPartsResult struct {
	XMLName              xml.Name `xml:"ListPartsResult"`
	EncodingType         string   `xml:",omitempty"`
	Bucket               string
	Key                  string
	UploadId             string
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker string // empty where no part is listed
	MaxParts             int
	IsTruncated          bool
	Part                 []listedPart `xml:"Part"`
}

type listedPart struct {
	PartNumber    int
	LastModified  string
	ETag          string
	Size          int64
	HashCrc64ecma uint64
}

func doListParts(ctx context.Context, c *call, in *listPartsInput) (*listPartsOutput, error) {
	encode, err := keyEncoding(in.EncodingType)
	if err != nil {
		return nil, err
	}
	limit, err := boundedInt("max-parts", in.MaxParts, maxPage, maxPage)
	if err != nil {
		return nil, err
	}
	marker, err := boundedInt("part-number-marker", in.PartNumberMarker, 0, objectstore.MaxParts)
	if err != nil {
		return nil, err
	}
	page, err := c.Store.Parts(ctx, c.resource.Bucket, c.resource.Key, in.UploadID, marker, limit)
	if err != nil {
		return nil, err
	}
	result := listPartsResult{
		EncodingType: encodingName(in.EncodingType), Bucket: c.resource.Bucket, Key: encode(c.resource.Key), UploadId: in.UploadID,
		StorageClass: string(page.Upload.StorageClass), PartNumberMarker: marker, MaxParts: limit, IsTruncated: page.More,
	}
	for _, p := range page.Parts {
		result.Part = append(result.Part, listedPart{
			PartNumber: p.Number, LastModified: xmlTime(p.LastModified), ETag: quote(p.ETag), Size: p.Size, HashCrc64ecma: p.CRC64,
		})
		result.NextPartNumberMarker = strconv.Itoa(p.Number)
	}
	return &listPartsOutput{Body: result}, nil
}

// boundedInt reads a number from 0 to most.
func boundedInt(name string, value *int, otherwise, most int) (int, error) {
	if value == nil {
		return otherwise, nil
	}
	if *value < 0 || *value > most {
		return 0, invalidArgument(name, strconv.Itoa(*value), "The "+name+" must be an integer between 0 and "+strconv.Itoa(most)+".")
	}
	return *value, nil
}
