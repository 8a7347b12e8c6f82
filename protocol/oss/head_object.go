package oss

import "context"

var headObject = define(Operation{Name: "HeadObject", Method: "HEAD", On: Object, Action: "oss:GetObject"}, doHeadObject)

type headObjectOutput struct {
	objectHeaders
	ContentLength int64 `header:"Content-Length"`
}

// doHeadObject answers as GetObject would, but knows no ranges.
func doHeadObject(_ context.Context, c *call, in *conditions) (*headObjectOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	if err := in.check(o); err != nil {
		return nil, err
	}
	return &headObjectOutput{objectHeaders: headersOf(o, nil), ContentLength: o.Size}, nil
}
