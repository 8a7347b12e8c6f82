package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

// customPolicyRequest names a policy to change: only custom ones can be.
type customPolicyRequest struct {
	PolicyName string `param:",required"`
}

func (in *customPolicyRequest) resources(c *rpc.Call) []string {
	return []string{policyResource(c, access.CustomPolicy, in.PolicyName)}
}

type updatePolicyDescriptionRequest struct {
	customPolicyRequest
	NewDescription *string
}

type updatePolicyDescriptionResponse struct{ Policy policy }

var updatePolicyDescription = rpc.Define(rpc.Spec[updatePolicyDescriptionRequest, updatePolicyDescriptionResponse]{
	Product:   product,
	Name:      "UpdatePolicyDescription",
	Resources: func(c *rpc.Call, in *updatePolicyDescriptionRequest) []string { return in.resources(c) },
	Do: func(ctx context.Context, c *rpc.Call, in *updatePolicyDescriptionRequest) (*updatePolicyDescriptionResponse, error) {
		p, err := c.Directory.UpdatePolicy(ctx, c.Account(), in.PolicyName, access.PolicyUpdate{
			Description: in.NewDescription,
		})
		if err != nil {
			return nil, err
		}
		return &updatePolicyDescriptionResponse{newPolicy(p)}, nil
	},
})
