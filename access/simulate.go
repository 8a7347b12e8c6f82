package access

import (
	"context"
	"strings"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// Simulation is what a decision would be, and what would have to change.
type Simulation struct {
	Principal string // ARN; "anonymous"
	Decision  policy.Decision
	Near      []policy.NearMiss // where it denies and no statement does: what nearly allows it
}

// Simulate decides as Authorize would for somebody of an account, without any
// credential: "anonymous", "root", a user's name, "role/NAME", or their ARNs. A
// role is asked as a session without a session policy. It opens nothing: what it
// says of is never used to do anything.
func (d *Directory) Simulate(ctx context.Context, account, principal string, k Check) (Simulation, error) {
	who, attached, err := d.speaker(ctx, account, principal)
	if err != nil {
		return Simulation{}, err
	}
	request := policy.Request{
		Principal: who, Identity: attached, Action: k.Action, Resource: k.Resource, Class: k.Class, Owner: k.Owner,
		BucketPolicy: k.BucketPolicy, BucketACL: k.BucketACL, ObjectACL: k.ObjectACL,
		BlockPublicAccess: k.BlockPublicAccess, Context: k.Context,
	}
	s := Simulation{Principal: who.ARN(), Decision: policy.Decide(request)}
	if who.Type == policy.Anonymous {
		s.Principal = anonymous
	}
	if !s.Decision.Allowed && s.Decision.NoPermissionType() == "ImplicitDeny" {
		s.Near = policy.NearMisses(request)
	}
	return s, nil
}

const anonymous = "anonymous"

// speaker finds who is meant, and the policies that speak for them.
func (d *Directory) speaker(ctx context.Context, account, principal string) (who policy.Principal, attached []policy.Attached, err error) {
	text := strings.TrimPrefix(principal, "acs:ram::"+account+":")
	kind, name := UserEntity, strings.TrimPrefix(text, "user/")
	switch role, ok := strings.CutPrefix(text, "role/"); {
	case text == anonymous:
		return who, nil, nil
	case text == "root":
		return policy.Principal{Type: policy.Account, AccountID: account}, nil, nil
	case ok:
		kind, name = RoleEntity, role
	case strings.Contains(name, ":") || name == "":
		return who, nil, &Error{Kind: InvalidFormat, Parameter: "Principal"}
	}
	var found *identity
	var id string
	err = d.view(ctx, func(s meta.Snapshot) error {
		if id, err = findEntity(s, kind, account, name); err != nil {
			return err
		}
		found, err = d.readIdentity(s, account, id)
		return err
	})
	if err != nil {
		return who, nil, err
	}
	if kind == RoleEntity {
		return policy.Principal{Type: policy.RoleSession, AccountID: account, RoleID: id, RoleName: found.name, SessionName: "simulated"}, found.policies, nil
	}
	return policy.Principal{Type: policy.User, AccountID: account, UserID: id, UserName: found.name}, found.policies, nil
}
