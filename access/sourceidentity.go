package access

import (
	"strings"

	"ossd/access/policy"
)

// checkSourceIdentity wants what the vendor's page on AssumeRole does: 2 to 64
// letters, digits and marks, and no beginning that is its own. "" is none.
func checkSourceIdentity(text string) error {
	if text == "" {
		return nil
	}
	for _, reserved := range []string{"acs:", "aliyun:", "alibabacloud:"} {
		if strings.HasPrefix(fold(text), reserved) {
			return &Error{Kind: InvalidFormat, Parameter: "SourceIdentity"}
		}
	}
	return checkName("SourceIdentity", text, 2, 64, sourceIdentityMarks)
}

// inheritSource passes the source identity of the caller's session on. It is
// there so that whoever began a chain of roles is known at its end, so a session
// that has one can give no other (vendor documentation "Use SourceIdentity for
// role assumption traceability and access control").
func (in *AssumeRole) inheritSource(caller *Credential) error {
	if caller.session != nil && caller.session.source != "" {
		if in.SourceIdentity != "" && in.SourceIdentity != caller.session.source {
			return &Error{Kind: NotPermitted, Parameter: "SourceIdentity"}
		}
		in.SourceIdentity = caller.session.source
	}
	if in.SourceIdentity != "" {
		in.Context = withSource{in.Context, in.SourceIdentity}
	}
	return nil
}

// withSource adds sts:SourceIdentity: what the new session will carry, where
// acs:SourceIdentity is what the caller's carries.
type withSource struct {
	policy.Context
	source string
}

func (c withSource) Value(key string) (string, bool) {
	if key == "sts:sourceidentity" {
		return c.source, true
	}
	if c.Context == nil {
		return "", false
	}
	return c.Context.Value(key)
}
