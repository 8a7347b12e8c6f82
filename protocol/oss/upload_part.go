package oss

import (
	"context"
	"encoding/hex"
	"strconv"

	"ossd/objectstore"
)

var uploadPart = define(Operation{
	Name: "UploadPart", Method: "PUT", On: Object, Group: groupMultipart, Query: []string{"partNumber", "uploadId"}, Action: actionPut,
	NoSuchUpload: "0042-00000104", TrafficLimit: true,
}, doUploadPart)

// partInput says which part of which upload is meant.
type partInput struct {
	Number   string `query:"partNumber"`
	UploadID string `query:"uploadId"`
}

// part checks the number and returns the part without its content.
func (in *partInput) part(c *call) (objectstore.PutPart, error) {
	p := objectstore.PutPart{Bucket: c.found.Bucket, Key: c.resource.Key, Upload: in.UploadID}
	n, err := strconv.Atoi(in.Number)
	if err != nil || n < 1 || n > objectstore.MaxParts {
		e := invalidArgument("PartNumber", in.Number, refusals[objectstore.PartNumberRange].Message)
		e.EC = refusals[objectstore.PartNumberRange].EC
		return p, e
	}
	p.Number = n
	return p, nil
}

type uploadPartInput struct {
	partInput
	ContentMD5 string  `header:"Content-MD5"`
	CRC64      *uint64 `header:"x-oss-hash-crc64ecma"`
}

type uploadPartOutput struct {
	ETag       string `header:"ETag"`
	ContentMD5 string `header:"Content-MD5"`
	CRC64      uint64 `header:"x-oss-hash-crc64ecma"`
}

func doUploadPart(ctx context.Context, c *call, in *uploadPartInput) (*uploadPartOutput, error) {
	p, err := in.part(c)
	if err != nil {
		return nil, err
	}
	if p.Incoming, err = c.incoming(ctx, in.ContentMD5, in.CRC64); err != nil {
		return nil, err
	}
	part, err := c.Store.PutPart(ctx, p)
	if err != nil {
		return nil, err
	}
	sum, err := hex.DecodeString(part.ETag)
	return &uploadPartOutput{ETag: quote(part.ETag), ContentMD5: md5Header(sum), CRC64: part.CRC64}, err
}
