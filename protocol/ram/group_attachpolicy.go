package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var attachPolicyToGroup = rpc.Define(rpc.Spec[groupPolicyRequest, rpc.None]{
	Product:   product,
	Name:      "AttachPolicyToGroup",
	Resources: func(c *rpc.Call, in *groupPolicyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *groupPolicyRequest) (*rpc.None, error) {
		return nil, c.Directory.Attach(ctx, c.Account(), in.PolicyType, in.PolicyName, access.GroupEntity, in.GroupName)
	},
})
