package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var detachPolicyFromRole = rpc.Define(rpc.Spec[rolePolicyRequest, rpc.None]{
	Product:   product,
	Name:      "DetachPolicyFromRole",
	Resources: func(c *rpc.Call, in *rolePolicyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *rolePolicyRequest) (*rpc.None, error) {
		return nil, c.Directory.Detach(ctx, c.Account(), in.PolicyType, in.PolicyName, access.RoleEntity, in.RoleName)
	},
})
