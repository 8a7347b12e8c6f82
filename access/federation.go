package access

import (
	"context"
	"strings"
	"time"

	"ossd/access/policy"
)

// FindOIDCProvider returns the identity provider that an ARN names.
func (d *Directory) FindOIDCProvider(ctx context.Context, arn string) (OIDCProvider, error) {
	rest, ok := strings.CutPrefix(arn, "acs:ram::")
	account, name, ok2 := strings.Cut(rest, ":oidc-provider/")
	if !ok || !ok2 || checkAccountID(account) != nil || checkName("OIDCProviderArn", name, 1, 128, providerNameMarks) != nil {
		return OIDCProvider{}, &Error{Kind: InvalidFormat, Parameter: "OIDCProviderArn"}
	}
	return d.OIDCProvider(ctx, account, name)
}

// Check judges the parameters that need no rows. AssumeRole and
// AssumeRoleWithOIDC do so too; it is for who has work to do before them.
func (in *AssumeRole) Check() error {
	_, _, err := in.check()
	return err
}

// AssumeRoleWithOIDC issues temporary credentials of a role to subject, for whom
// the identity provider vouches; that its token was verified is the caller's
// duty. Nobody's policies are asked but the role's trust policy (vendor
// documentation "Policy evaluation process of assuming a RAM role").
//
// The provider must be of the role's account, as providers are set up for the
// roles beside them. Whoever is not trusted does not learn whether the role exists.
func (d *Directory) AssumeRoleWithOIDC(ctx context.Context, provider OIDCProvider, subject string, in AssumeRole) (IssuedSession, error) {
	account, name, err := in.check()
	if err != nil {
		return IssuedSession{}, err
	}
	issued := d.now().UTC().Truncate(time.Millisecond) // before the role is read, as in AssumeRole
	role, err := d.present().roleToAssume(ctx, account, name)
	if err != nil {
		return IssuedSession{}, err
	}
	who := policy.Principal{Type: policy.Federated, AccountID: provider.AccountID, ProviderName: provider.Name, Subject: subject}
	if role.ID == "" || role.AccountID != provider.AccountID {
		return IssuedSession{}, notPermitted(policy.Decision{Reason: policy.NoAllowByTrustPolicy})
	}
	trust, err := d.document(policy.Trust, role.TrustPolicy)
	if err != nil {
		return IssuedSession{}, err
	}
	if decision := policy.DecideTrust(trust, who, in.Context); !decision.Allowed {
		decision.Owner = role.AccountID
		return IssuedSession{}, notPermitted(decision)
	}
	duration, err := role.duration(in.Duration)
	if err != nil {
		return IssuedSession{}, err
	}
	// The session hangs on the provider as others do on the user: see standing.
	return d.issue(role, in.session(role, issued, duration, []link{{account: provider.AccountID, id: provider.ID}}))
}
