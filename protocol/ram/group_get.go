package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var getGroup = rpc.Define(rpc.Spec[groupRequest, groupResponse]{
	Product:   product,
	Name:      "GetGroup",
	Resources: func(c *rpc.Call, in *groupRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *groupRequest) (*groupResponse, error) {
		g, err := c.Directory.Group(ctx, c.Account(), in.GroupName)
		if err != nil {
			return nil, err
		}
		return &groupResponse{newGroup(g)}, nil
	},
})
