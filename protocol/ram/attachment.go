package ram

import (
	"context"
	"errors"
	"time"

	"ossd/access"
	"ossd/protocol/rpc"
)

// userPolicyRequest names a policy and the user that it is, or shall be, attached to.
type userPolicyRequest struct {
	policyRequest
	UserName string `param:",required"`
}

func (in *userPolicyRequest) resources(c *rpc.Call) []string {
	return []string{userResource(c, in.UserName), in.resource(c)}
}

// rolePolicyRequest is the same for a role.
type rolePolicyRequest struct {
	policyRequest
	RoleName string `param:",required"`
}

func (in *rolePolicyRequest) resources(c *rpc.Call) []string {
	return []string{roleResource(c, in.RoleName), in.resource(c)}
}

// groupPolicyRequest is the same for a group.
type groupPolicyRequest struct {
	policyRequest
	GroupName string `param:",required"`
}

func (in *groupPolicyRequest) resources(c *rpc.Call) []string {
	return []string{groupResource(c, in.GroupName), in.resource(c)}
}

// attachedPolicies is the answer of the lists of one user's, role's or group's
// policies. A user's do not show those of its groups.
type attachedPolicies struct{ Policies attachedPolicyList }

type attachedPolicyList struct{ Policy []attachedPolicy }

type attachedPolicy struct {
	PolicyName     string
	PolicyType     string
	Description    string
	DefaultVersion string
	AttachDate     time.Time
}

// policiesOf looks every attached policy up; their number is limited to a few dozen.
func policiesOf(ctx context.Context, c *rpc.Call, entity access.EntityType, name string) (*attachedPolicies, error) {
	attachments, err := c.Directory.PoliciesOf(ctx, c.Account(), entity, name)
	if err != nil {
		return nil, err
	}
	out := &attachedPolicies{}
	for _, a := range attachments {
		p, err := c.Directory.Policy(ctx, c.Account(), a.PolicyType, a.PolicyName)
		if goneMeanwhile(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out.Policies.Policy = append(out.Policies.Policy, attachedPolicy{
			PolicyName:     p.Name,
			PolicyType:     p.Type,
			Description:    p.Description,
			DefaultVersion: p.DefaultVersion,
			AttachDate:     a.AttachDate,
		})
	}
	return out, nil
}

// goneMeanwhile tells an entity that was deleted after the list was read.
func goneMeanwhile(err error) bool {
	var e *access.Error
	return errors.As(err, &e) && e.Kind == access.NotExist
}
