package ram

import (
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

// policy is how answers describe one.
type policy struct {
	PolicyName      string
	PolicyType      string
	Description     string
	DefaultVersion  string
	CreateDate      time.Time
	UpdateDate      time.Time
	AttachmentCount int
}

func newPolicy(p access.Policy) policy {
	return policy{
		PolicyName:      p.Name,
		PolicyType:      p.Type,
		Description:     p.Description,
		DefaultVersion:  p.DefaultVersion,
		CreateDate:      p.CreateDate,
		UpdateDate:      p.UpdateDate,
		AttachmentCount: p.AttachmentCount,
	}
}

// policyRequest names a policy of either type.
type policyRequest struct {
	PolicyType string `param:",required"`
	PolicyName string `param:",required"`
}

func (in *policyRequest) resource(c *rpc.Call) string {
	return policyResource(c, in.PolicyType, in.PolicyName)
}
