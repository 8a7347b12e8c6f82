package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type deletePolicyRequest struct {
	customPolicyRequest
	CascadingDelete bool // removes other versions than the default too
}

var deletePolicy = rpc.Define(rpc.Spec[deletePolicyRequest, rpc.None]{
	Product:   product,
	Name:      "DeletePolicy",
	Resources: func(c *rpc.Call, in *deletePolicyRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *deletePolicyRequest) (*rpc.None, error) {
		return nil, c.Directory.DeletePolicy(ctx, c.Account(), in.PolicyName, in.CascadingDelete)
	},
})
