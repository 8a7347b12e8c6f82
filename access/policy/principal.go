package policy

import "strings"

// principals is the Principal element of a statement.
type principals struct {
	given    bool // the element is there
	everyone bool // "*" or the empty list; bucket policies only
	named    []namedPrincipal
}

// namedPrincipal is one entry. Forms that nothing proved here can have, such as
// services, keep only their text and match nobody.
type namedPrincipal struct {
	text    string // as written
	form    principalForm
	account string // of all but uid
	name    string // uid, or the name of a user, role or identity provider
	session string // of a role session; "*" for any
}

type principalForm int

const (
	opaqueForm  principalForm = iota
	uidForm                   // bucket: an account's or a RAM user's number
	sessionForm               // bucket: arn:sts::ACCOUNT:assumed-role/ROLE/SESSION
	rootForm                  // trust: acs:ram::ACCOUNT:root
	userForm                  // trust: acs:ram::ACCOUNT:user/NAME
	roleForm                  // trust: acs:ram::ACCOUNT:role/NAME
	serviceForm               // trust: a host name of the vendor's
	oidcForm                  // trust: acs:ram::ACCOUNT:oidc-provider/NAME
	samlForm                  // trust: acs:ram::ACCOUNT:saml-provider/NAME, by which nobody can be proved here
)

// bucketPrincipal reads an entry of a bucket policy. Any text is taken, as the
// vendor does; what is no known form matches nobody.
func bucketPrincipal(text string) namedPrincipal {
	p := namedPrincipal{text: text}
	rest, ok := strings.CutPrefix(text, "arn:sts::")
	if !ok {
		p.form, p.name = uidForm, text
		return p
	}
	account, rest, ok := strings.Cut(rest, ":assumed-role/")
	name, sessionName, ok2 := strings.Cut(rest, "/")
	if ok && ok2 {
		p.form, p.account, p.name, p.session = sessionForm, account, name, sessionName
	}
	return p
}

// includes tells whether the Principal of a bucket policy's statement covers who.
//
// A statement without Principal covers nobody. OSS stores such statements (SDK
// suites do so), and what they then do is not documented; the element counts as
// required, so none may be taken as a grant.
//
// "*" covers everyone, but the bucket owner's account key only if the statement
// has a condition (OSS "Bucket Policy", 2026). With named only, "*" covers
// nobody: that is how block public access ignores public statements.
func (s *statement) includes(who *Principal, isOwner, namedOnly bool) bool {
	if s.principals.everyone && !namedOnly && (!isOwner || len(s.conditions) > 0) {
		return true
	}
	for i := range s.principals.named {
		if s.principals.named[i].isBucketPrincipal(who) {
			return true
		}
	}
	return false
}

func (n *namedPrincipal) isBucketPrincipal(who *Principal) bool {
	switch n.form {
	case uidForm:
		// An account's number means its own key, not its users and roles.
		return who.Type == Account && n.name == who.AccountID ||
			who.Type == User && n.name == who.UserID
	case sessionForm:
		// OSS writes role names in lower case here, whatever their spelling.
		return who.Type == RoleSession && n.account == who.AccountID &&
			strings.EqualFold(n.name, who.RoleName) &&
			(n.session == "*" || n.session == who.SessionName)
	}
	return false
}

// trustPrincipal reads an entry under RAM in a trust policy. ok is false for
// anything but the three documented forms; wildcards are not among them.
func trustPrincipal(text string) (p namedPrincipal, ok bool) {
	rest, ok := strings.CutPrefix(text, "acs:ram::")
	account, entity, ok2 := strings.Cut(rest, ":")
	kind, name, ok3 := strings.Cut(entity, "/")
	if !ok || !ok2 || account == "" || strings.ContainsAny(text, "*? ") {
		return p, false
	}
	p = namedPrincipal{text: text, account: account, name: name}
	switch {
	case kind == "root" && !ok3:
		p.form = rootForm
	case kind == "user" && name != "":
		p.form = userForm
	case kind == "role" && name != "":
		p.form = roleForm
	default:
		return p, false
	}
	return p, true
}

// trusts tells whether the Principal of a trust policy's statement covers who.
// Names are unique in an account whatever their case, and are compared so.
func (s *statement) trusts(who *Principal) bool {
	for i := range s.principals.named {
		n := &s.principals.named[i]
		if n.account != who.AccountID {
			continue
		}
		switch {
		case n.form == rootForm && (who.Type == User || who.Type == RoleSession),
			n.form == userForm && who.Type == User && strings.EqualFold(n.name, who.UserName),
			n.form == roleForm && who.Type == RoleSession && strings.EqualFold(n.name, who.RoleName),
			n.form == oidcForm && who.Type == Federated && strings.EqualFold(n.name, who.ProviderName):
			return true
		}
	}
	return false
}
