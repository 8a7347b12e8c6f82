package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var addUserToGroup = rpc.Define(rpc.Spec[memberRequest, rpc.None]{
	Product:   product,
	Name:      "AddUserToGroup",
	Resources: func(c *rpc.Call, in *memberRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *memberRequest) (*rpc.None, error) {
		return nil, c.Directory.AddUserToGroup(ctx, c.Account(), in.UserName, in.GroupName)
	},
})
