package ram

import (
	"context"

	"ossd/protocol/rpc"
)

var removeUserFromGroup = rpc.Define(rpc.Spec[memberRequest, rpc.None]{
	Product:   product,
	Name:      "RemoveUserFromGroup",
	Resources: func(c *rpc.Call, in *memberRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *memberRequest) (*rpc.None, error) {
		return nil, c.Directory.RemoveUserFromGroup(ctx, c.Account(), in.UserName, in.GroupName)
	},
})
