package access

import (
	"context"
	"strings"
	"time"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// AssumeRole issues temporary credentials of a role to a user or another role
// session. Both sides must agree: the caller's policies (and session policy)
// allow sts:AssumeRole on the role, and the role's trust policy allows the caller.
//
// The order of refusals lets nobody learn what is not theirs to know: the
// parameters are judged by themselves first; a caller whose policies do not
// allow the role's ARN is NotPermitted whether or not the role exists; only who
// may assume it, and is of its account, hears NotExist; and the role's own limit of duration is told
// only to whom the role trusts.
func (d *Directory) AssumeRole(ctx context.Context, caller *Credential, in AssumeRole) (IssuedSession, error) {
	account, name, err := in.check()
	if err != nil {
		return IssuedSession{}, err
	}
	if caller == nil {
		return IssuedSession{}, notPermitted(policy.Decision{})
	}
	if caller.Principal.Type == policy.Account {
		return IssuedSession{}, &Error{Kind: RootForbidden, Entity: "Role"}
	}
	if err := in.inheritSource(caller); err != nil {
		return IssuedSession{}, err
	}
	// Before the role is read, so that a revocation which comes between ends
	// this session too.
	issued := d.now().UTC().Truncate(time.Millisecond)
	role, err := d.agreedRole(ctx, caller, account, name, &in)
	if err != nil {
		return IssuedSession{}, err
	}
	duration, err := role.duration(in.Duration)
	if err != nil {
		return IssuedSession{}, err
	}
	chain, err := chainThrough(caller)
	if err != nil {
		return IssuedSession{}, err
	}
	return d.issue(role, in.session(role, issued, duration, chain))
}

// session is the one that was asked for, as it is sealed.
func (in *AssumeRole) session(role Role, issued time.Time, duration time.Duration, chain []link) *session {
	return &session{
		account: role.AccountID,
		roleID:  role.ID,
		name:    in.SessionName,
		issued:  issued,
		expires: issued.Truncate(time.Second).Add(duration),
		policy:  compactPolicy(in.Policy),
		chain:   chain,
		source:  in.SourceIdentity,
	}
}

// check judges the parameters that need no rows, and takes the ARN apart.
func (in *AssumeRole) check() (account, name string, err error) {
	rest, ok := strings.CutPrefix(in.RoleARN, "acs:ram::")
	account, name, ok2 := strings.Cut(rest, ":role/")
	if !ok || !ok2 || checkAccountID(account) != nil || checkName("RoleArn", name, 1, 64, roleNameMarks+"_@") != nil {
		return "", "", &Error{Kind: InvalidFormat, Parameter: "RoleArn"}
	}
	if err := checkName("RoleSessionName", in.SessionName, 2, 64, sessionNameMarks); err != nil {
		return "", "", err
	}
	if in.Duration != 0 && (in.Duration < minSessionDuration || in.Duration > maxSessionDuration || in.Duration%time.Second != 0) {
		return "", "", errDuration()
	}
	if err := checkSourceIdentity(in.SourceIdentity); err != nil {
		return "", "", err
	}
	if in.Policy != "" {
		if _, err := parseDocument(policy.Session, "Policy", in.Policy, maxSessionPolicy); err != nil {
			return "", "", err
		}
	}
	return account, name, nil
}

// roleToAssume returns the role. One that does not exist comes back without ID,
// under the name that was asked for.
func (m moment) roleToAssume(ctx context.Context, account, name string) (role Role, err error) {
	err = m.read(ctx, func(s meta.Snapshot) error {
		role = Role{AccountID: account, Name: name}
		id, err := readText(s, nameKey(RoleEntity, account, name))
		if err != nil || id == "" {
			return err
		}
		role, err = readRole(s, account, id)
		return err
	})
	return role, err
}

// agreedRole returns the role if both sides agree, both at one moment: where the
// role stops to trust and then the caller is given a policy, they never did.
func (d *Directory) agreedRole(ctx context.Context, caller *Credential, account, name string, in *AssumeRole) (role Role, err error) {
	var speak speakers
	err = d.atOneMoment(ctx, func(m moment) (err error) {
		if role, err = m.roleToAssume(ctx, account, name); err == nil {
			speak, err = m.speakers(ctx, caller)
		}
		return err
	})
	if err == nil {
		err = d.agree(caller, speak, role, in.RoleARN, in.Context)
	}
	return role, err
}

// agree asks both sides. The ARN is that of the stored spelling: names are found
// whatever their case, resources are compared with it, and a Deny of role/Admin
// must also stop who asks for role/admin.
func (d *Directory) agree(caller *Credential, speak speakers, role Role, asked string, about policy.Context) error {
	foreign := role.AccountID != caller.Principal.AccountID
	arns := []string{role.ARN()}
	if foreign {
		// As it was asked first: whether another account has a role of another
		// spelling must not show in who refuses.
		arns = []string{asked, role.ARN()}
	}
	for i, arn := range arns {
		decision := decide(caller, speak, []Check{{
			Action:   "sts:AssumeRole",
			Resource: arn,
			Class:    policy.Management,
			// Not the role's account: whether a foreign role may be assumed is for
			// the caller's own account to allow, and for the role to trust.
			Owner:   caller.Principal.AccountID,
			Context: about,
		}})
		switch {
		case !decision.Allowed && i > 0:
			return notPermitted(policy.Decision{Reason: policy.NoAllowByTrustPolicy})
		case !decision.Allowed:
			return notPermitted(decision)
		}
	}
	if role.ID == "" && foreign {
		return notPermitted(policy.Decision{Reason: policy.NoAllowByTrustPolicy}) // as if it were there and did not trust the caller
	}
	if role.ID == "" {
		return &Error{Kind: NotExist, Entity: "Role"}
	}
	trust, err := d.document(policy.Trust, role.TrustPolicy)
	if err != nil {
		return err
	}
	if decision := policy.DecideTrust(trust, caller.Principal, about); !decision.Allowed {
		decision.Owner = role.AccountID
		return notPermitted(decision)
	}
	return nil
}

func (r *Role) duration(asked time.Duration) (time.Duration, error) {
	if asked == 0 {
		return min(time.Hour, r.MaxSessionDuration), nil
	}
	if asked > r.MaxSessionDuration {
		return 0, errDuration()
	}
	return asked, nil
}

// chainThrough is the chain of a session that caller begins. A role that is in
// it already is not repeated: its earlier session is the one it hangs on.
func chainThrough(caller *Credential) ([]link, error) {
	who := &caller.Principal
	if caller.session == nil {
		return []link{{account: who.AccountID, id: who.UserID}}, nil
	}
	s := caller.session
	for _, l := range s.chain {
		if l.account == s.account && l.id == s.roleID {
			return s.chain, nil
		}
	}
	if len(s.chain) == maxChain {
		return nil, &Error{Kind: LimitExceeded, Entity: "Session"}
	}
	chain := append(make([]link, 0, len(s.chain)+1), s.chain...)
	return append(chain, link{account: s.account, id: s.roleID, issued: s.issued}), nil
}

// issue gives the session a key and seals it. Nothing is stored.
func (d *Directory) issue(role Role, s *session) (issued IssuedSession, err error) {
	if s.accessKeyID, err = newSessionKeyID(d.random); err != nil {
		return issued, err
	}
	token, err := d.ring.Load().sealToken(s)
	if err != nil {
		return issued, err
	}
	return IssuedSession{
		AccessKeyID:     s.accessKeyID,
		AccessKeySecret: s.secret,
		SecurityToken:   token,
		Expiration:      s.expires,
		Role:            role,
		SessionName:     s.name,
		SourceIdentity:  s.source,
	}, nil
}

func notPermitted(d policy.Decision) error { return &Error{Kind: NotPermitted, Decision: &d} }

func errDuration() error { return &Error{Kind: InvalidFormat, Parameter: "DurationSeconds"} }
