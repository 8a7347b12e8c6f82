package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var detachPolicyFromUser = rpc.Define(rpc.Spec[userPolicyRequest, rpc.None]{
	Product:   product,
	Name:      "DetachPolicyFromUser",
	Resources: func(c *rpc.Call, in *userPolicyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userPolicyRequest) (*rpc.None, error) {
		return nil, c.Directory.Detach(ctx, c.Account(), in.PolicyType, in.PolicyName, access.UserEntity, in.UserName)
	},
})
