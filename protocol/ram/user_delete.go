package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var deleteUser = rpc.Define(rpc.Spec[userRequest, rpc.None]{
	Product:   product,
	Name:      "DeleteUser",
	Resources: func(c *rpc.Call, in *userRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userRequest) (*rpc.None, error) {
		return nil, c.Directory.DeleteUser(ctx, c.Account(), in.UserName)
	},
})
