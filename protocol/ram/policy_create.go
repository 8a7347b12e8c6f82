package ram

import (
	"context"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

type createPolicyRequest struct {
	PolicyName     string `param:",required"`
	PolicyDocument string `param:",required"`
	Description    string
	Tag            []rpc.Tag
}

type createPolicyResponse struct{ Policy newPolicyAnswer }

// newPolicyAnswer is less than what GetPolicy tells.
type newPolicyAnswer struct {
	PolicyName     string
	PolicyType     string
	Description    string
	DefaultVersion string
	CreateDate     time.Time
}

var createPolicy = rpc.Define(rpc.Spec[createPolicyRequest, createPolicyResponse]{
	Product: product,
	Name:    "CreatePolicy",
	Resources: func(c *rpc.Call, _ *createPolicyRequest) []string {
		return []string{policyResource(c, access.CustomPolicy, "*")}
	},
	Do: func(ctx context.Context, c *rpc.Call, in *createPolicyRequest) (*createPolicyResponse, error) {
		tags, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		p, err := c.Directory.CreatePolicy(ctx, access.Policy{
			AccountID:   c.Account(),
			Name:        in.PolicyName,
			Type:        access.CustomPolicy,
			Description: in.Description,
			Document:    in.PolicyDocument,
			Tags:        tags,
		})
		if err != nil {
			return nil, err
		}
		return &createPolicyResponse{newPolicyAnswer{
			PolicyName:     p.Name,
			PolicyType:     p.Type,
			Description:    p.Description,
			DefaultVersion: p.DefaultVersion,
			CreateDate:     p.CreateDate,
		}}, nil
	},
})
