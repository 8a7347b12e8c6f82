package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type getPolicyResponse struct {
	Policy               policyDetail
	DefaultPolicyVersion policyVersion
}

type policyDetail struct {
	policy
	PolicyDocument string
}

// getPolicy tells the document twice, as clients of either age look for it.
var getPolicy = rpc.Define(rpc.Spec[policyRequest, getPolicyResponse]{
	Product:   product,
	Name:      "GetPolicy",
	Resources: func(c *rpc.Call, in *policyRequest) []string { return []string{in.resource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *policyRequest) (*getPolicyResponse, error) {
		p, err := c.Directory.Policy(ctx, c.Account(), in.PolicyType, in.PolicyName)
		if err != nil {
			return nil, err
		}
		return &getPolicyResponse{
			Policy: policyDetail{policy: newPolicy(p), PolicyDocument: p.Document},
			DefaultPolicyVersion: policyVersion{
				VersionID:        p.DefaultVersion,
				IsDefaultVersion: true,
				PolicyDocument:   p.Document,
				CreateDate:       p.VersionDate,
			},
		}, nil
	},
})
