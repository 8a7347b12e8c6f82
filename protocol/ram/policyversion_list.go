package ram

import (
	"context"

	"ossd/protocol/rpc"
)

type listPolicyVersionsResponse struct{ PolicyVersions policyVersionList }

type policyVersionList struct{ PolicyVersion []policyVersion }

var listPolicyVersions = rpc.Define(rpc.Spec[policyRequest, listPolicyVersionsResponse]{
	Product:   product,
	Name:      "ListPolicyVersions",
	Resources: func(c *rpc.Call, in *policyRequest) []string { return []string{in.resource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *policyRequest) (*listPolicyVersionsResponse, error) {
		versions, err := c.Directory.PolicyVersions(ctx, c.Account(), in.PolicyType, in.PolicyName)
		if err != nil {
			return nil, err
		}
		out := &listPolicyVersionsResponse{}
		for _, v := range versions {
			out.PolicyVersions.PolicyVersion = append(out.PolicyVersions.PolicyVersion, newPolicyVersion(v))
		}
		return out, nil
	},
})
