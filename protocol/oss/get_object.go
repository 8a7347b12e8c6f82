package oss

import (
	"context"

	"ossd/objectstore"
)

var getObject = define(Operation{
	Name: "GetObject", Method: "GET", On: Object, VersionAction: actionGetVersion, TrafficLimit: true,
}, doGetObject)

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
	r, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	o := r.shown
	replaced := in.overrides.list()
	if len(replaced) > 0 && c.credential == nil {
		return nil, errAnonymousResponse
	}
	if err := in.conditions.check(o); err != nil {
		return nil, err
	}
	if err := c.checkReadable(r.source); err != nil {
		return nil, err
	}
	span, partial, err := parseRange(in.Range, o.Size, in.Behavior == "standard")
	if err != nil {
		return nil, err
	}
	out := &getObjectOutput{length: span.length}
	if out.objectHeaders, err = c.headersOf(r, replaced); err != nil {
		return nil, err
	}
	if partial {
		out.ContentRange = span.contentRange(o.Size)
	}
	out.content = func() (objectstore.Content, error) {
		return c.Store.Open(ctx, c.resource.Bucket, r.source, span.offset, span.length)
	}
	if !partial {
		c.compress(out)
	}
	return out, nil
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
