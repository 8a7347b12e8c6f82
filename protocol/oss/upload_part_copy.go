package oss

import (
	"context"
	"slices"

	"ossd/objectstore"
)

var uploadPartCopy = define(Operation{
	Name: "UploadPartCopy", Method: "PUT", On: Object, Group: groupMultipart, Query: []string{"partNumber", "uploadId"}, By: copySourceHeader,
	Action: actionPut, Also: (*call).authorizeSource, NoSuchUpload: "0042-00000311", TrafficLimit: true,
	Headers: slices.Concat(copyHeaders, []string{"x-oss-copy-source-range"}),
}, doUploadPartCopy)

type uploadPartCopyInput struct {
	partInput
	copyConditions
	Range string `header:"x-oss-copy-source-range"`
}

type uploadPartCopyOutput struct {
	SourceVersion string         `header:"x-oss-copy-source-version-id"`
	ETag          string         `header:"ETag"`
	CRC64         uint64         `header:"x-oss-hash-crc64ecma"`
	ContentRange  string         `header:"Content-Range"` // of the source, where a part of it was asked for
	Body          copyPartResult `body:"xml"`
}

type copyPartResult struct {
	XMLName      struct{} `xml:"CopyPartResult"`
	LastModified string
	ETag         string
}

func doUploadPartCopy(ctx context.Context, c *call, in *uploadPartCopyInput) (*uploadPartCopyOutput, error) {
	p, err := in.part(c)
	if err != nil {
		return nil, err
	}
	if _, err := c.Store.Upload(ctx, c.resource.Bucket, c.resource.Key, in.UploadID); err != nil {
		return nil, err
	}
	source, err := c.copied.content()
	if err != nil {
		return nil, err
	}
	if source.Type == objectstore.Symlink {
		return nil, errTargetType
	}
	if err := in.copyConditions.check(source); err != nil {
		return nil, err
	}
	// A range that is malformed or does not lie within the object copies all of
	// it, as reads do (SDK suite Java UploadPartCopyTest).
	span, partial, err := parseRange(in.Range, source.Size, false)
	if err != nil {
		span, partial = wholeOf(source.Size), false
	}
	p.Confirm = func() error { return c.reauthorize(ctx) }
	part, err := c.Store.CopyPart(ctx, p, objectstore.Piece{From: c.copied.found.Bucket, Source: source, Offset: span.offset, Length: span.length, Pace: c.paced})
	if err != nil {
		return nil, err
	}
	out := &uploadPartCopyOutput{SourceVersion: c.copied.versionID(), ETag: quote(part.ETag), CRC64: part.CRC64}
	out.Body = copyPartResult{LastModified: xmlTime(part.LastModified), ETag: quote(part.ETag)}
	if partial {
		out.ContentRange = span.contentRange(source.Size)
	}
	return out, nil
}
