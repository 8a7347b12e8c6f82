package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
)

// InitiateMultipartUpload takes all that is said of the object. Its ACL is for
// completing to give (vendor documentation); but as oss2 and the Go SDK send it
// here as well, it counts where that gives none.
var initiateMultipartUpload = define(Operation{
	Name: "InitiateMultipartUpload", Method: "POST", On: Object, Group: groupMultipart, Query: []string{"uploads"}, Action: actionPut,
	Headers: propertyHeaders, TrafficLimit: true, // which oss2's resumable_upload sends, though there is nothing to slow down
}, doInitiateMultipartUpload)

type initiateMultipartUploadInput struct {
	EncodingType string `query:"encoding-type"`
	Sequential   string `query:"sequential"` // counts if it is there, whatever it says
	Version      string `query:"versionId"`  // of what parts will be copied from, says the Go SDK; that is for them to say
	propertiesInput
}

type initiateMultipartUploadOutput struct {
	Body initiateMultipartUploadResult `body:"xml"`
}

type initiateMultipartUploadResult struct {
	XMLName      xml.Name `xml:"InitiateMultipartUploadResult"`
	EncodingType string   `xml:",omitempty"`
	Bucket       string
	Key          string
	UploadId     string
}

func doInitiateMultipartUpload(ctx context.Context, c *call, in *initiateMultipartUploadInput) (*initiateMultipartUploadOutput, error) {
	encode, err := keyEncoding(in.EncodingType)
	if err != nil {
		return nil, err
	}
	u := objectstore.Upload{Key: c.resource.Key, Sequential: c.signed.Query.Has("sequential")}
	if u.Properties, err = in.properties(c.r.Header); err != nil {
		return nil, err
	}
	if u, err = c.Store.NewUpload(ctx, c.found.Bucket, u, in.ForbidOverwrite); err != nil {
		return nil, err
	}
	return &initiateMultipartUploadOutput{Body: initiateMultipartUploadResult{
		EncodingType: encodingName(in.EncodingType), Bucket: c.resource.Bucket, Key: encode(u.Key), UploadId: u.ID,
	}}, nil
}
