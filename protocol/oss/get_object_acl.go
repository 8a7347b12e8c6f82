package oss

import "context"

var getObjectACL = define(Operation{
	Name: "GetObjectAcl", Method: "GET", On: Object, Query: []string{"acl"}, VersionAction: "oss:GetObjectVersionAcl",
}, doGetObjectACL)

func doGetObjectACL(_ context.Context, c *call, _ *none) (*accessControlOutput, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	out := c.accessControl(o.ACL)
	out.versioned = c.versioned(o)
	return out, nil
}
