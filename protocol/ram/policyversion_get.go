package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type getPolicyVersionRequest struct {
	policyRequest
	VersionID string `param:"VersionId,required"`
}

var getPolicyVersion = rpc.Define(rpc.Spec[getPolicyVersionRequest, policyVersionResponse]{
	Product:   product,
	Name:      "GetPolicyVersion",
	Resources: func(c *rpc.Call, in *getPolicyVersionRequest) []string { return []string{in.resource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *getPolicyVersionRequest) (*policyVersionResponse, error) {
		v, err := c.Directory.PolicyVersion(ctx, c.Account(), in.PolicyType, in.PolicyName, in.VersionID)
		if err != nil {
			return nil, err
		}
		return &policyVersionResponse{newPolicyVersion(v)}, nil
	},
})
