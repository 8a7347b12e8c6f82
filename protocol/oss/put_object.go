package oss

import (
	"context"
	"crypto/md5"
	"encoding/base64"

	"ossd/objectstore"
)

var putObject = define(Operation{
	Name: "PutObject", Method: "PUT", On: Object, TrafficLimit: true, Headers: propertyHeaders,
}, doPutObject)

type putObjectInput struct {
	ContentMD5 string  `header:"Content-MD5"`
	CRC64      *uint64 `header:"x-oss-hash-crc64ecma"`
	propertiesInput
}

type putObjectOutput struct {
	versioned
	ETag       string `header:"ETag"`
	ContentMD5 string `header:"Content-MD5"`
	CRC64      uint64 `header:"x-oss-hash-crc64ecma"`
}

func doPutObject(ctx context.Context, c *call, in *putObjectInput) (*putObjectOutput, error) {
	put := objectstore.Put{Bucket: c.found.Bucket, Key: c.resource.Key, ForbidOverwrite: in.ForbidOverwrite}
	var err error
	if put.Incoming, err = c.incoming(ctx, in.ContentMD5, in.CRC64); err != nil {
		return nil, err
	}
	if put.Properties, err = in.properties(c.r.Header); err != nil {
		return nil, err
	}
	if err := c.refuseOverwrite(&in.propertiesInput); err != nil {
		return nil, err
	}
	o, err := c.Store.PutObject(ctx, put)
	if err != nil {
		return nil, err
	}
	return c.putOutput(&o), nil
}

func (c *call) putOutput(o *objectstore.Object) *putObjectOutput {
	return &putObjectOutput{versioned: c.versioned(o), ETag: quote(o.ETag), ContentMD5: md5Header(o.MD5()), CRC64: o.CRC64}
}

// incoming is the request's body as objectstore takes it.
func (c *call) incoming(ctx context.Context, md5 string, crc64 *uint64) (in objectstore.Incoming, err error) {
	in = objectstore.Incoming{Body: c.body, CRC64: crc64, Confirm: func() error { return c.reauthorize(ctx) }}
	if in.Size, err = c.bodyLength(); err != nil {
		return in, err
	}
	in.MD5, err = contentMD5(md5)
	return in, err
}

// bodyLength returns the announced length, or -1 for a chunked body. A chunked
// transfer wins over a length (RFC 9112, and one SDK sends both).
func (c *call) bodyLength() (int64, error) {
	if c.r.ContentLength == 0 && c.r.Header.Get("Content-Length") == "" && len(c.r.TransferEncoding) == 0 {
		return 0, errMissingLength
	}
	return c.r.ContentLength, nil
}

func contentMD5(value string) ([]byte, error) {
	if value == "" {
		return nil, nil
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || len(sum) != md5.Size {
		return nil, errInvalidDigest
	}
	return sum, nil
}
