package oss

import (
	"net/http"

	"ossd/objectstore"
)

// propertiesInput is what operations that make an object read beside its content.
type propertiesInput struct {
	ACL             string               `header:"x-oss-object-acl"`
	StorageClass    string               `header:"x-oss-storage-class"`
	Tagging         string               `header:"x-oss-tagging"`
	Persistent      string               `header:"x-oss-persistent-headers"`
	ForbidOverwrite bool                 `header:"x-oss-forbid-overwrite"`
	Metadata        []objectstore.Header `header:"x-oss-meta-*"`
}

// propertyHeaders are those of them that have an effect.
var propertyHeaders = []string{"x-oss-object-acl", "x-oss-storage-class", taggingHeader, persistentHeader, "x-oss-forbid-overwrite"}

// properties checks them. The headers that are stored as they are come from the
// request's, or the fields of a form.
func (in *propertiesInput) properties(from http.Header) (p objectstore.Properties, err error) {
	persistent, err := persistentHeaders(in.Persistent, in.Metadata)
	if err != nil {
		return p, err
	}
	p.Headers, p.Metadata = append(storedHeaders(from), persistent...), in.Metadata
	if p.ACL, err = objectACL(in.ACL); err != nil {
		return p, err
	}
	if p.StorageClass, err = storageClass("x-oss-storage-class", in.StorageClass); err != nil {
		return p, err
	}
	p.Tags, err = parseTagging(in.Tagging)
	return p, err
}

// refuseOverwrite spares the client an upload that objectstore would refuse.
func (c *call) refuseOverwrite(in *propertiesInput) error {
	if in.ForbidOverwrite && c.found.Object != nil && c.found.Bucket.Versioning == objectstore.Unversioned {
		return &objectstore.Error{Kind: objectstore.FileAlreadyExists, Bucket: c.resource.Bucket, Key: c.resource.Key}
	}
	return nil
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
