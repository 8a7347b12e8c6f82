package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type listPoliciesRequest struct {
	paging
	PolicyType string // absent: both
	Tag        []rpc.Tag
}

type listPoliciesResponse struct {
	paged
	Policies policyList
}

type policyList struct{ Policy []listedPolicy }

type listedPolicy struct {
	policy
	Tags tagList
}

var listPolicies = rpc.Define(rpc.Spec[listPoliciesRequest, listPoliciesResponse]{
	Product: product,
	Name:    "ListPolicies",
	Resources: func(c *rpc.Call, _ *listPoliciesRequest) []string {
		return []string{policyResource(c, access.CustomPolicy, "*")}
	},
	Do: func(ctx context.Context, c *rpc.Call, in *listPoliciesRequest) (*listPoliciesResponse, error) {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		tags, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		policies, next, err := c.Directory.Policies(ctx, c.Account(), in.PolicyType, page, tags...)
		if err != nil {
			return nil, err
		}
		out := &listPoliciesResponse{paged: newPaged(next)}
		for _, p := range policies {
			out.Policies.Policy = append(out.Policies.Policy, listedPolicy{newPolicy(p), newTagList(p.Tags)})
		}
		return out, nil
	},
})
