package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var deleteRole = rpc.Define(rpc.Spec[roleRequest, rpc.None]{
	Product:   product,
	Name:      "DeleteRole",
	Resources: func(c *rpc.Call, in *roleRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *roleRequest) (*rpc.None, error) {
		return nil, c.Directory.DeleteRole(ctx, c.Account(), in.RoleName)
	},
})
