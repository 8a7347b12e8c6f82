package oss

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"ossd/objectstore"
)

// The source of a copy is a second resource: reading it is asked for by itself,
// in its own bucket.
var copyObject = define(Operation{
	Name: "CopyObject", Method: "PUT", On: Object, By: copySourceHeader, Action: "oss:PutObject", Also: (*call).authorizeSource, TrafficLimit: true,
	Headers: []string{
		copySourceHeader, "x-oss-copy-source-if-match", "x-oss-copy-source-if-none-match",
		"x-oss-copy-source-if-modified-since", "x-oss-copy-source-if-unmodified-since",
		"x-oss-metadata-directive", "x-oss-tagging-directive",
		"x-oss-object-acl", "x-oss-storage-class", "x-oss-forbid-overwrite", persistentHeader,
	},
}, doCopyObject)

type copyObjectInput struct {
	copyConditions
	MetadataDirective string               `header:"x-oss-metadata-directive"`
	TaggingDirective  string               `header:"x-oss-tagging-directive"`
	ACL               string               `header:"x-oss-object-acl"`
	StorageClass      string               `header:"x-oss-storage-class"`
	ForbidOverwrite   bool                 `header:"x-oss-forbid-overwrite"`
	Metadata          []objectstore.Header `header:"x-oss-meta-*"`
	Persistent        string               `header:"x-oss-persistent-headers"`
}

// copyObjectOutput names the ETag twice, since oss2 reads the header and others the document.
type copyObjectOutput struct {
	ETag  string           `header:"ETag"`
	CRC64 uint64           `header:"x-oss-hash-crc64ecma"`
	Body  copyObjectResult `body:"xml"`
}

type copyObjectResult struct {
	XMLName      struct{} `xml:"CopyObjectResult"`
	LastModified string
	ETag         string
}

func doCopyObject(ctx context.Context, c *call, in *copyObjectInput) (*copyObjectOutput, error) {
	source, err := c.copied.object()
	if err != nil {
		return nil, err
	}
	if err := in.copyConditions.check(source); err != nil {
		return nil, err
	}
	replace, err := directive("x-oss-metadata-directive", in.MetadataDirective)
	if err != nil {
		return nil, err
	}
	// Objects have no tags here, so that copying none and replacing them by none are the same.
	if _, err := directive("x-oss-tagging-directive", in.TaggingDirective); err != nil {
		return nil, err
	}
	wanted := objectstore.Copy{From: c.copied.found.Bucket, Source: source, KeepMetadata: !replace, Pace: c.paced, Put: objectstore.Put{
		Bucket: c.found.Bucket, Key: c.resource.Key, Headers: storedHeaders(c.r.Header), Metadata: in.Metadata,
		ForbidOverwrite: in.ForbidOverwrite, Confirm: func() error { return c.reauthorize(ctx) },
	}}
	if err = keepPersistent(&wanted.Put, in.Persistent); err != nil {
		return nil, err
	}
	if wanted.ACL, err = objectACL(in.ACL); err != nil {
		return nil, err
	}
	if wanted.StorageClass, err = storageClass("x-oss-storage-class", in.StorageClass); err != nil {
		return nil, err
	}
	if in.ForbidOverwrite && c.found.Object != nil { // the rule is objectstore's; this spares the copying
		return nil, &objectstore.Error{Kind: objectstore.FileAlreadyExists, Bucket: wanted.Bucket.Name, Key: wanted.Key}
	}
	o, err := c.Store.CopyObject(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return &copyObjectOutput{ETag: quote(o.ETag), CRC64: o.CRC64, Body: copyObjectResult{
		LastModified: xmlTime(o.LastModified), ETag: quote(o.ETag),
	}}, nil
}

// directive reads what becomes of a property of the source: kept unless the request replaces it.
func directive(name, value string) (replace bool, err error) {
	switch {
	case value == "" || strings.EqualFold(value, "COPY"):
		return false, nil
	case strings.EqualFold(value, "REPLACE"):
		return true, nil
	}
	return false, invalidArgument(name, value, "The "+name+" must be COPY or REPLACE.")
}

// copyConditions are the conditions of reads, asked of the source. They fail as
// those do, also with 304 (SDK suites ali-oss, Java and C++).
type copyConditions struct {
	IfMatch           string `header:"x-oss-copy-source-if-match"`
	IfNoneMatch       string `header:"x-oss-copy-source-if-none-match"`
	IfModifiedSince   string `header:"x-oss-copy-source-if-modified-since"`
	IfUnmodifiedSince string `header:"x-oss-copy-source-if-unmodified-since"`
}

func (v *copyConditions) check(source *objectstore.Object) error {
	c := conditions(*v)
	err := c.check(source)
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusPreconditionFailed {
		return preconditionFailed(copySourceHeader + "-" + strings.ToLower(refusal.Fields[0].Value))
	}
	return err
}

// authorizeSource asks whether the caller may read what is to be copied, and
// looks it up. Whether its bucket exists is told after that, unlike that of the
// bucket in the address: for one that does not, the answer is as if it were the caller's.
func (c *call) authorizeSource() error {
	source, err := parseCopySource(c.r.Header.Get(copySourceHeader))
	if err != nil {
		return err
	}
	found, missing := c.Store.Find(c.r.Context(), source.resource.Bucket, source.resource.Key)
	if missing != nil && !errors.Is(missing, &objectstore.Error{Kind: objectstore.NoSuchBucket}) {
		return missing
	}
	action := "oss:GetObject"
	if source.version != "" {
		action = "oss:GetObjectVersion"
	}
	if err := c.permit(c.check(action, source.resource, found)); err != nil {
		return err
	}
	source.found = found
	c.copied = source
	return missing
}
