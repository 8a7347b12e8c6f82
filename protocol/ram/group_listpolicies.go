package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var listPoliciesForGroup = rpc.Define(rpc.Spec[groupRequest, attachedPolicies]{
	Product:   product,
	Name:      "ListPoliciesForGroup",
	Resources: func(c *rpc.Call, in *groupRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *groupRequest) (*attachedPolicies, error) {
		return policiesOf(ctx, c, access.GroupEntity, in.GroupName)
	},
})
