package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var attachPolicyToUser = rpc.Define(rpc.Spec[userPolicyRequest, rpc.None]{
	Product:   product,
	Name:      "AttachPolicyToUser",
	Resources: func(c *rpc.Call, in *userPolicyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userPolicyRequest) (*rpc.None, error) {
		return nil, c.Directory.Attach(ctx, c.Account(), in.PolicyType, in.PolicyName, access.UserEntity, in.UserName)
	},
})
