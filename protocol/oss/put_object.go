package oss

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net/http"

	"ossd/objectstore"
)

var putObject = define(Operation{
	Name: "PutObject", Method: "PUT", On: Object, TrafficLimit: true,
	Headers: []string{"x-oss-object-acl", "x-oss-storage-class", "x-oss-forbid-overwrite", persistentHeader},
}, doPutObject)

type putObjectInput struct {
	ContentMD5      string               `header:"Content-MD5"`
	CRC64           *uint64              `header:"x-oss-hash-crc64ecma"`
	ACL             string               `header:"x-oss-object-acl"`
	StorageClass    string               `header:"x-oss-storage-class"`
	ForbidOverwrite bool                 `header:"x-oss-forbid-overwrite"`
	Metadata        []objectstore.Header `header:"x-oss-meta-*"`
	Persistent      string               `header:"x-oss-persistent-headers"`
}

type putObjectOutput struct {
	ETag       string `header:"ETag"`
	ContentMD5 string `header:"Content-MD5"`
	CRC64      uint64 `header:"x-oss-hash-crc64ecma"`
}

func doPutObject(ctx context.Context, c *call, in *putObjectInput) (*putObjectOutput, error) {
	put := objectstore.Put{
		Bucket: c.found.Bucket, Key: c.resource.Key, Body: c.body, CRC64: in.CRC64,
		Headers: storedHeaders(c.r.Header), Metadata: in.Metadata, ForbidOverwrite: in.ForbidOverwrite,
		Confirm: func() error { return c.reauthorize(ctx) },
	}
	var err error
	if err = keepPersistent(&put, in.Persistent); err != nil {
		return nil, err
	}
	if put.Size, err = c.bodyLength(); err != nil {
		return nil, err
	}
	if put.MD5, err = contentMD5(in.ContentMD5); err != nil {
		return nil, err
	}
	if put.ACL, err = objectACL(in.ACL); err != nil {
		return nil, err
	}
	if put.StorageClass, err = storageClass("x-oss-storage-class", in.StorageClass); err != nil {
		return nil, err
	}
	if in.ForbidOverwrite && c.found.Object != nil { // the rule is objectstore's; this spares the client the upload
		return nil, &objectstore.Error{Kind: objectstore.FileAlreadyExists, Bucket: put.Bucket.Name, Key: put.Key}
	}
	o, err := c.Store.PutObject(ctx, put)
	if err != nil {
		return nil, err
	}
	return &putObjectOutput{ETag: quote(o.ETag), ContentMD5: md5Header(o.ETag), CRC64: o.CRC64}, nil
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

// md5Header is the Content-MD5 of an object whose ETag is its MD5.
func md5Header(etag string) string {
	sum, err := hex.DecodeString(etag)
	if err != nil || len(sum) != md5.Size {
		return ""
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// keptHeaders are stored with an object and returned verbatim.
var keptHeaders = []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

// defaultContentType is what an object has whose writer named no type; names are never looked at.
const defaultContentType = "application/octet-stream"

func storedHeaders(h http.Header) (kept []objectstore.Header) {
	for _, name := range keptHeaders {
		value := h.Get(name)
		if name == "Content-Type" && value == "" {
			value = defaultContentType
		}
		if value != "" {
			kept = append(kept, objectstore.Header{Name: name, Value: value})
		}
	}
	return kept
}
