package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

var listMultipartUploads = define(Operation{
	Name: "ListMultipartUploads", Method: "GET", On: Bucket, Group: groupMultipart, Query: []string{"uploads"},
}, doListMultipartUploads)

type listMultipartUploadsInput struct {
	Prefix         string `query:"prefix"`
	Delimiter      string `query:"delimiter"`
	EncodingType   string `query:"encoding-type"`
	MaxUploads     *int   `query:"max-uploads"`
	KeyMarker      string `query:"key-marker"`
	UploadIDMarker string `query:"upload-id-marker"`
}

type listMultipartUploadsOutput struct {
	Body listMultipartUploadsResult `body:"xml"`
}

// listMultipartUploadsResult names the last entry also where no more follow
// (SDK suites Java UploadPartTest, oss2).
type listMultipartUploadsResult struct {
	XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
	EncodingType       string   `xml:",omitempty"`
	Bucket             string
	KeyMarker          string
	UploadIdMarker     string
	NextKeyMarker      string
	NextUploadIdMarker string
	Delimiter          string
	Prefix             string
	MaxUploads         int
	IsTruncated        bool
	Upload             []listedUpload
	CommonPrefixes     []commonPrefix
}

type listedUpload struct {
	Key          string
	UploadId     string
	StorageClass string
	Initiated    string
}

func doListMultipartUploads(ctx context.Context, c *call, in *listMultipartUploadsInput) (*listMultipartUploadsOutput, error) {
	limit, err := boundedInt("max-uploads", in.MaxUploads, maxPage, maxPage)
	if err != nil {
		return nil, err
	}
	l, err := c.listing(listingInput{Prefix: in.Prefix, Delimiter: in.Delimiter, EncodingType: in.EncodingType}, "", in.KeyMarker)
	if err != nil {
		return nil, err
	}
	page, err := c.Store.Uploads(ctx, objectstore.ListUploads{
		Bucket: c.resource.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, AfterKey: in.KeyMarker, AfterUpload: in.UploadIDMarker, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	result := listMultipartUploadsResult{
		EncodingType: in.EncodingType, Bucket: c.resource.Bucket, KeyMarker: l.encode(in.KeyMarker), UploadIdMarker: in.UploadIDMarker,
		NextKeyMarker: l.encode(page.LastKey), NextUploadIdMarker: page.LastUpload, Delimiter: l.encode(in.Delimiter),
		Prefix: l.encode(in.Prefix), MaxUploads: limit, IsTruncated: page.More, CommonPrefixes: l.commonPrefixes(page.CommonPrefixes),
	}
	for _, u := range page.Uploads {
		result.Upload = append(result.Upload, listedUpload{
			Key: l.encode(u.Key), UploadId: u.ID, StorageClass: string(u.StorageClass), Initiated: xmlTime(u.Initiated),
		})
	}
	return &listMultipartUploadsOutput{Body: result}, nil
}
