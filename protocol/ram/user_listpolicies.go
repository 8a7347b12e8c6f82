package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

var listPoliciesForUser = rpc.Define(rpc.Spec[userRequest, attachedPolicies]{
	Product:   product,
	Name:      "ListPoliciesForUser",
	Resources: func(c *rpc.Call, in *userRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *userRequest) (*attachedPolicies, error) {
		return policiesOf(ctx, c, access.UserEntity, in.UserName)
	},
})
