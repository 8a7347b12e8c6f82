package oss

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"ossd/objectstore"
)

// The source of a copy is a second resource: reading it is asked for by itself,
// in its own bucket.
var copyObject = define(Operation{
	Name: "CopyObject", Method: "PUT", On: Object, By: copySourceHeader, Action: actionPut, Also: (*call).authorizeSource, TrafficLimit: true,
	Headers: slices.Concat(copyHeaders, propertyHeaders, []string{"x-oss-metadata-directive", taggingDirective}),
}, doCopyObject)

type copyObjectInput struct {
	copyConditions
	propertiesInput
	MetadataDirective string `header:"x-oss-metadata-directive"`
	TaggingDirective  string `header:"x-oss-tagging-directive"`
}

// taggingDirective names the header that says whether tags are copied.
const taggingDirective = "x-oss-tagging-directive"

// copyObjectOutput names the ETag twice, since oss2 reads the header and others the document.
type copyObjectOutput struct {
	versioned
	SourceVersion string `header:"x-oss-copy-source-version-id"`

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
	retag, err := directive(taggingDirective, in.TaggingDirective)
	if err != nil {
		return nil, err
	}
	wanted := objectstore.Copy{From: c.copied.found.Bucket, Source: source, KeepMetadata: !replace, KeepTags: !retag, Pace: c.paced}
	wanted.Put = objectstore.Put{Bucket: c.found.Bucket, Key: c.resource.Key, ForbidOverwrite: in.ForbidOverwrite}
	wanted.Confirm = func() error { return c.reauthorize(ctx) }
	if wanted.Properties, err = in.properties(c.r.Header); err != nil {
		return nil, err
	}
	if !replace && c.ontoItself() && !c.describes(&in.propertiesInput) {
		wanted.Headers, wanted.Metadata = source.Headers, source.Metadata
	}
	if err := c.refuseOverwrite(&in.propertiesInput); err != nil {
		return nil, err
	}
	o, err := c.Store.CopyObject(ctx, wanted)
	if err != nil {
		return nil, err
	}
	out := &copyObjectOutput{versioned: c.versioned(&o), SourceVersion: c.copied.versionID(), ETag: quote(o.ETag), CRC64: o.CRC64}
	out.Body = copyObjectResult{LastModified: xmlTime(o.LastModified), ETag: quote(o.ETag)}
	return out, nil
}

// ontoItself tells whether a copy changes nothing but an object's headers.
func (c *call) ontoItself() bool {
	return c.copied.resource == c.resource && c.found.Bucket.Versioning == objectstore.Unversioned
}

// describes tells whether a request says anything of the object's headers or
// metadata. Who copies an object onto itself replaces them by doing so, and
// keeps them by saying nothing (SDK suites C++ ObjectCopySameObjectMetaCopy and
// oss2 test_update_metadata_versioning).
func (c *call) describes(in *propertiesInput) bool {
	return len(in.Metadata) > 0 || in.Persistent != "" ||
		slices.ContainsFunc(keptHeaders, func(name string) bool { return c.r.Header.Get(name) != "" })
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

// copyHeaders are those of copyConditions, and what names the source.
var copyHeaders = []string{
	copySourceHeader, "x-oss-copy-source-if-match", "x-oss-copy-source-if-none-match",
	"x-oss-copy-source-if-modified-since", "x-oss-copy-source-if-unmodified-since",
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
	source, err := c.parseCopySource(c.r.Header.Get(copySourceHeader))
	if err != nil {
		return err
	}
	found, missing := c.Store.Find(c.r.Context(), source.resource.Bucket, source.resource.Key, source.version)
	if missing != nil && !errors.Is(missing, &objectstore.Error{Kind: objectstore.NoSuchBucket}) {
		return missing
	}
	source.found, c.copied = found, source
	actions := []string{ofVersion(source.version, actionGet, actionGetVersion)}
	tagged := c.copiesTags(found.Object)
	if tagged {
		actions = append(actions, ofVersion(source.version, actionGetTagging, actionGetVersionTagging))
	}
	for _, action := range actions {
		if err := c.permit(c.check(action, source.resource, found)); err != nil {
			return err
		}
	}
	if source.version != "" {
		if err := c.refuseDenied(c.check(actionGet, source.resource, found)); err != nil {
			return err
		}
	}
	if tagged {
		// Policies that speak of the tags of the request have not seen them before.
		c.tags = found.Object.Tags
		for _, action := range [...]string{actionPut, actionPutTagging} {
			if err := c.permit(c.check(action, c.resource, c.found)); err != nil {
				return err
			}
		}
	}
	return missing
}

// copiesTags tells whether o, the source, gives its tags to the copy. Then the
// caller must be allowed to read them there and to set them here.
func (c *call) copiesTags(o *objectstore.Object) bool {
	replace, err := directive(taggingDirective, c.r.Header.Get(taggingDirective))
	return o != nil && len(o.Tags) > 0 && !replace && err == nil && slices.Contains(c.operation.Headers, taggingDirective)
}
