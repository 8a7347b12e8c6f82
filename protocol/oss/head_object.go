package oss

import "context"

var headObject = define(Operation{
	Name: "HeadObject", Method: "HEAD", On: Object, Action: actionGet, VersionAction: actionGetVersion,
	TrafficLimit: true, // oss2's resumable_download sends it, though there is nothing to slow down
}, doHeadObject)

type headObjectOutput struct {
	objectHeaders
	ContentLength int64 `header:"Content-Length"`
}

// doHeadObject answers as GetObject would, but knows no ranges.
func doHeadObject(ctx context.Context, c *call, in *conditions) (*headObjectOutput, error) {
	r, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.check(r.shown); err != nil {
		return nil, err
	}
	h, err := c.headersOf(r, nil)
	return &headObjectOutput{objectHeaders: h, ContentLength: r.shown.Size}, err
}
