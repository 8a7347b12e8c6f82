package oss

import (
	"context"
	"encoding/xml"
	"strings"

	"ossd/objectstore"
)

var completeMultipartUpload = define(Operation{
	Name: "CompleteMultipartUpload", Method: "POST", On: Object, Group: groupMultipart, Query: []string{"uploadId"}, Action: actionPut,
	Needs: (*call).needsUpload, MalformedXML: "0042-00000205", Headers: []string{completeAll, "x-oss-object-acl", "x-oss-forbid-overwrite"},
}, doCompleteMultipartUpload)

// completeAll asks for every part that there is, in place of a list.
const completeAll = "x-oss-complete-all"

type completeMultipartUploadInput struct {
	UploadID        string           `query:"uploadId"`
	Sequential      string           `query:"sequential"` // was for initiating to say; the Go SDK v2 repeats it
	EncodingType    string           `query:"encoding-type"`
	All             string           `header:"x-oss-complete-all"`
	ACL             string           `header:"x-oss-object-acl"`
	ForbidOverwrite bool             `header:"x-oss-forbid-overwrite"`
	Document        completeDocument `body:"xml"`
}

type completeDocument struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Part    []struct {
		PartNumber *int
		ETag       *string
	}
}

type completeMultipartUploadOutput struct {
	versioned
	ETag       string                        `header:"ETag"`
	ContentMD5 string                        `header:"Content-MD5"`
	CRC64      uint64                        `header:"x-oss-hash-crc64ecma"`
	Body       completeMultipartUploadResult `body:"xml"`
}

type completeMultipartUploadResult struct {
	XMLName      xml.Name `xml:"CompleteMultipartUploadResult"`
	EncodingType string   `xml:",omitempty"`
	Location     string
	Bucket       string
	Key          string
	ETag         string
}

// needsUpload fails with NoSuchUpload unless the one that the request names is under way.
func (c *call) needsUpload() error {
	if err := objectstore.CheckKey(c.resource.Bucket, c.resource.Key); err != nil {
		return err
	}
	_, err := c.Store.Upload(c.r.Context(), c.resource.Bucket, c.resource.Key, c.signed.Query.Get("uploadId"))
	return err
}

// errCompleteBoth has the service's spelling, which client suites compare.
var errCompleteBoth = &Error{Status: 400, Code: "InvalidArgument", EC: "0042-00000216",
	Message: "Should not speficy both complete all header and http body."}

func doCompleteMultipartUpload(ctx context.Context, c *call, in *completeMultipartUploadInput) (*completeMultipartUploadOutput, error) {
	encode, err := keyEncoding(in.EncodingType)
	if err != nil {
		return nil, err
	}
	complete := objectstore.Complete{
		Bucket: c.found.Bucket, Key: c.resource.Key, Upload: in.UploadID, ForbidOverwrite: in.ForbidOverwrite,
	}
	if complete.ACL, err = objectACL(in.ACL); err != nil {
		return nil, err
	}
	if complete.All, err = in.all(); err != nil {
		return nil, err
	}
	// A list of no parts makes an empty object (SDK suite Go v2 TestUploaderUploadFromTeeReader).
	if !complete.All && in.Document.XMLName.Local == "" {
		return nil, c.malformedXML()
	}
	for _, p := range in.Document.Part {
		if p.PartNumber == nil || p.ETag == nil {
			return nil, c.malformedXML()
		}
		complete.Parts = append(complete.Parts, objectstore.NamedPart{Number: *p.PartNumber, ETag: strings.Trim(strings.TrimSpace(*p.ETag), `"`)})
	}
	o, err := c.Store.CompleteUpload(ctx, complete)
	if err != nil {
		return nil, err
	}
	return &completeMultipartUploadOutput{
		versioned: c.versioned(&o), ETag: quote(o.ETag), ContentMD5: md5Header(o.MD5()), CRC64: o.CRC64,
		Body: completeMultipartUploadResult{
			EncodingType: encodingName(in.EncodingType), Location: c.objectLocation(), Bucket: c.resource.Bucket, Key: encode(o.Key), ETag: quote(o.ETag),
		},
	}, nil
}

// all tells whether no list of parts is given, on purpose.
func (in *completeMultipartUploadInput) all() (bool, error) {
	switch {
	case in.All == "":
		return false, nil
	case !strings.EqualFold(in.All, "yes"):
		return false, invalidArgument(completeAll, in.All, "The only value of "+completeAll+" is yes.")
	case in.Document.XMLName.Local != "":
		return false, errCompleteBoth
	}
	return true, nil
}
