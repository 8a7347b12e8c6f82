package access

import (
	"context"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// Authorize answers whether c may do all of checks: the first decision that
// denies, or the last one. A nil c is an anonymous request. Without checks the
// answer is the zero Decision, which denies.
//
// Key and policies are those of this moment, not of the moment that c was found.
// If the key, user or role is no good by now, the error is the one that Credential
// would give.
func (d *Directory) Authorize(ctx context.Context, c *Credential, checks ...Check) (policy.Decision, error) {
	if c != nil {
		speak, err := d.speakers(ctx, c)
		if err != nil {
			return policy.Decision{}, err
		}
		return decide(c, speak, checks), nil
	}
	return decide(nil, speakers{}, checks), nil
}

// decide is the first decision that denies, or the last one.
func decide(c *Credential, speak speakers, checks []Check) (decision policy.Decision) {
	var request policy.Request
	if c != nil {
		request.Principal, request.Identity, request.Session = c.Principal, speak.identity, speak.session
	}
	for i := range checks {
		k := &checks[i]
		request.Action, request.Resource = k.Action, k.Resource
		request.Class, request.Owner = k.Class, k.Owner
		request.BucketPolicy, request.BucketACL, request.ObjectACL = k.BucketPolicy, k.BucketACL, k.ObjectACL
		request.BlockPublicAccess, request.Context = k.BlockPublicAccess, k.Context
		if decision = policy.Decide(request); !decision.Allowed {
			return decision.Of(request)
		}
	}
	return decision
}

// speakers are the policies that speak for someone, and the session policy.
type speakers struct {
	identity []policy.Attached
	session  *policy.Document
}

// speakers returns those that speak for c now.
func (d *Directory) speakers(ctx context.Context, c *Credential) (speakers, error) {
	m := d.present()
	if m.quiet {
		if speak, err := m.speakers(ctx, c); m.stands() {
			return speak, err
		}
	}
	return d.speakersInSnapshot(ctx, c)
}

// speakersInSnapshot is by itself, since what its closure captures lies on the heap.
func (d *Directory) speakersInSnapshot(ctx context.Context, c *Credential) (speak speakers, err error) {
	err = d.view(ctx, func(s meta.Snapshot) error {
		speak, err = moment{d: d, snapshot: s}.speakers(ctx, c)
		return err
	})
	return speak, err
}

func (m moment) speakers(ctx context.Context, c *Credential) (speakers, error) {
	switch c.Principal.Type {
	case policy.Account:
		return speakers{}, m.stillGood(ctx, c)
	case policy.User:
		if err := m.stillGood(ctx, c); err != nil {
			return speakers{}, err
		}
		user, err := m.identity(ctx, c.Principal.AccountID, c.Principal.UserID)
		if err != nil {
			return speakers{}, err
		}
		if user == nil {
			return speakers{}, ErrKeyNotFound
		}
		return speakers{identity: user.policies}, nil
	case policy.RoleSession:
		if c.session == nil { // not made by Credential
			return speakers{}, ErrTokenInvalid
		}
		role, err := m.standing(ctx, c.session)
		if err != nil {
			return speakers{}, err
		}
		return speakers{role.policies, c.session.document}, nil
	}
	return speakers{}, nil
}

// stillGood fails if a permanent key was disabled or deleted since c was found.
// An id that somebody else has by now, or that has another secret, is another key.
func (m moment) stillGood(ctx context.Context, c *Credential) error {
	now, err := m.permanent(ctx, c.AccessKeyID)
	if err != nil {
		return err
	}
	if now.Secret != c.Secret || now.Principal.AccountID != c.Principal.AccountID || now.Principal.UserID != c.Principal.UserID {
		return ErrKeyNotFound
	}
	return nil
}
