package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var listPoliciesForRole = rpc.Define(rpc.Spec[roleRequest, attachedPolicies]{
	Product:   product,
	Name:      "ListPoliciesForRole",
	Resources: func(c *rpc.Call, in *roleRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *roleRequest) (*attachedPolicies, error) {
		return policiesOf(ctx, c, access.RoleEntity, in.RoleName)
	},
})
