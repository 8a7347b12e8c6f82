package access

import (
	"context"

	"ossd/access/policy"
)

// Authorize answers whether c may do all of checks: the first decision that
// denies, or the last one. A nil c is an anonymous request. Without checks the
// answer is the zero Decision, which denies.
//
// Key and policies are those of this moment, not of the moment that c was found.
// If the key, user or role is no good by now, the error is the one that Credential
// would give.
func (d *Directory) Authorize(ctx context.Context, c *Credential, checks ...Check) (policy.Decision, error) {
	var request policy.Request
	if c != nil {
		identity, session, err := d.speakers(ctx, c)
		if err != nil {
			return policy.Decision{}, err
		}
		request.Principal, request.Identity, request.Session = c.Principal, identity, session
	}
	var decision policy.Decision
	for i := range checks {
		k := &checks[i]
		request.Action, request.Resource = k.Action, k.Resource
		request.Class, request.Owner = k.Class, k.Owner
		request.BucketPolicy, request.BucketACL, request.ObjectACL = k.BucketPolicy, k.BucketACL, k.ObjectACL
		request.BlockPublicAccess, request.Context = k.BlockPublicAccess, k.Context
		if decision = policy.Decide(request); !decision.Allowed {
			return decision.Of(request), nil
		}
	}
	return decision, nil
}

// speakers returns the policies that speak for c, and its session policy.
func (d *Directory) speakers(ctx context.Context, c *Credential) ([]policy.Attached, *policy.Document, error) {
	switch c.Principal.Type {
	case policy.Account:
		return nil, nil, d.stillGood(ctx, c)
	case policy.User:
		policies, err := d.policiesOfUser(ctx, c)
		return policies, nil, err
	case policy.RoleSession:
		if c.session == nil { // not made by Credential
			return nil, nil, ErrTokenInvalid
		}
		role, err := d.standing(ctx, c.session)
		if err != nil {
			return nil, nil, err
		}
		return role.policies, c.session.document, nil
	}
	return nil, nil, nil
}

// policiesOfUser sees the key and the policies at one moment: where a key is
// disabled and then a policy attached, no request may have both. As long as no
// change has returned, those under way may have happened in any order.
func (d *Directory) policiesOfUser(ctx context.Context, c *Credential) ([]policy.Attached, error) {
	for {
		generation := d.generation.Load()
		if err := d.stillGood(ctx, c); err != nil {
			return nil, err
		}
		user, err := d.identity(ctx, c.Principal.AccountID, c.Principal.UserID)
		if err != nil {
			return nil, err
		}
		if user == nil {
			return nil, ErrKeyNotFound
		}
		if d.generation.Load() == generation {
			return user.policies, nil
		}
	}
}

// stillGood fails if a permanent key was disabled or deleted since c was found.
// An id that somebody else has by now, or that has another secret, is another key.
func (d *Directory) stillGood(ctx context.Context, c *Credential) error {
	now, err := d.permanent(ctx, c.AccessKeyID)
	if err != nil {
		return err
	}
	if now.Secret != c.Secret || now.Principal.AccountID != c.Principal.AccountID || now.Principal.UserID != c.Principal.UserID {
		return ErrKeyNotFound
	}
	return nil
}
