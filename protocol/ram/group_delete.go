package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var deleteGroup = rpc.Define(rpc.Spec[groupRequest, rpc.None]{
	Product:   product,
	Name:      "DeleteGroup",
	Resources: func(c *rpc.Call, in *groupRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *groupRequest) (*rpc.None, error) {
		return nil, c.Directory.DeleteGroup(ctx, c.Account(), in.GroupName)
	},
})
