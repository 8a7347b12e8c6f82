package policy

import "fmt"

// ARN names the principal as GetCallerIdentity does; "" for Anonymous.
func (p Principal) ARN() string {
	switch p.Type {
	case Account:
		return "acs:ram::" + p.AccountID + ":root"
	case User:
		return "acs:ram::" + p.AccountID + ":user/" + p.UserName
	case RoleSession:
		return "acs:ram::" + p.AccountID + ":assumed-role/" + p.RoleName + "/" + p.SessionName
	case Federated:
		return "acs:ram::" + p.AccountID + ":oidc-provider/" + p.ProviderName
	}
	return ""
}

// Statements names the statements that decided, each as POLICY#INDEX.
func (d Decision) Statements() (names []string) {
	for _, m := range d.Matches {
		names = append(names, fmt.Sprintf("%s#%d", m.Policy, m.Statement))
	}
	return names
}

// DeniedAs spells the principal as AccessDeniedDetail does, an identity provider
// with its kind (vendor documentation "DecodeDiagnosticMessage"). Account keys and
// anonymous callers get no such detail: they have no policies to speak of.
func (p Principal) DeniedAs() (kind, displayName string) {
	switch p.Type {
	case User:
		return "SubUser", p.UserID
	case RoleSession:
		return "AssumedRoleUser", p.RoleName + ":" + p.SessionName
	case Federated:
		return "Federated", "oidc-provider/" + p.ProviderName
	}
	return "", ""
}
