package oss

import (
	"context"

	"ossd/objectstore"
)

var getObject = define(Operation{Name: "GetObject", Method: "GET", On: Object, TrafficLimit: true}, doGetObject)

type getObjectInput struct {
	conditions
	Range    string `header:"Range"`
	Behavior string `header:"x-oss-range-behavior"`
	overrides
}

// overrides replace stored headers in the answer. They are signed in every
// scheme, so only who holds the key can choose them.
type overrides struct {
	ContentType        string `query:"response-content-type"`
	ContentLanguage    string `query:"response-content-language"`
	Expires            string `query:"response-expires"`
	CacheControl       string `query:"response-cache-control"`
	ContentDisposition string `query:"response-content-disposition"`
	ContentEncoding    string `query:"response-content-encoding"`
}

type getObjectOutput struct {
	objectHeaders
	ContentRange string `header:"Content-Range"`
	content      func() (objectstore.Content, error)
	length       int64
}

func (o *getObjectOutput) status() int {
	if o.ContentRange != "" {
		return 206
	}
	return 200
}

func (o *getObjectOutput) open() (objectstore.Content, int64, error) {
	content, err := o.content()
	return content, o.length, err
}

func doGetObject(ctx context.Context, c *call, in *getObjectInput) (*getObjectOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	replaced := in.overrides.list()
	if len(replaced) > 0 && c.credential == nil {
		return nil, errAnonymousResponse
	}
	if err := in.conditions.check(o); err != nil {
		return nil, err
	}
	span, partial, err := parseRange(in.Range, o.Size, in.Behavior == "standard")
	if err != nil {
		return nil, err
	}
	out := &getObjectOutput{objectHeaders: headersOf(o, replaced), length: span.length}
	if partial {
		out.ContentRange = span.contentRange(o.Size)
	}
	out.content = func() (objectstore.Content, error) {
		return c.Store.Open(ctx, c.resource.Bucket, o, span.offset, span.length)
	}
	if !partial {
		c.compress(out)
	}
	return out, nil
}

// object is the one that the key names, now that the caller may know.
func (c *call) object() (*objectstore.Object, error) {
	if err := objectstore.CheckKey(c.resource.Bucket, c.resource.Key); err != nil {
		return nil, err
	}
	if c.found.Object == nil {
		return nil, &objectstore.Error{Kind: objectstore.NoSuchKey, Bucket: c.resource.Bucket, Key: c.resource.Key}
	}
	return c.found.Object, nil
}

func (v *overrides) list() (replaced []objectstore.Header) {
	for _, h := range [...]objectstore.Header{
		{Name: "Content-Type", Value: v.ContentType}, {Name: "Content-Language", Value: v.ContentLanguage},
		{Name: "Expires", Value: v.Expires}, {Name: "Cache-Control", Value: v.CacheControl},
		{Name: "Content-Disposition", Value: v.ContentDisposition}, {Name: "Content-Encoding", Value: v.ContentEncoding},
	} {
		if h.Value != "" {
			replaced = append(replaced, h)
		}
	}
	return replaced
}

// objectHeaders describe an object on GET and HEAD.
type objectHeaders struct {
	Stored       []objectstore.Header `header:""`
	Metadata     []objectstore.Header `header:"x-oss-meta-*"`
	AcceptRanges string               `header:"Accept-Ranges"`
	ETag         string               `header:"ETag"`
	LastModified string               `header:"Last-Modified"`
	ContentMD5   string               `header:"Content-MD5"`
	Type         string               `header:"x-oss-object-type"`
	StorageClass string               `header:"x-oss-storage-class"`
	CRC64        uint64               `header:"x-oss-hash-crc64ecma"` // of the whole object, also with a range
}

func headersOf(o *objectstore.Object, replaced []objectstore.Header) objectHeaders {
	stored := o.Headers
	if len(replaced) > 0 {
		stored = append(append([]objectstore.Header(nil), stored...), replaced...) // later ones win
	}
	return objectHeaders{
		Stored: stored, Metadata: o.Metadata, AcceptRanges: "bytes", ETag: quote(o.ETag), LastModified: httpTime(o.LastModified),
		ContentMD5: md5Header(o.ETag), Type: string(o.Type), StorageClass: string(o.StorageClass), CRC64: o.CRC64,
	}
}
