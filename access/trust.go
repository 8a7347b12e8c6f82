package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// checkTrust judges a trust policy and returns it as it is stored: as it was
// given, but with Principal values as lists, which is what RAM hands back.
//
// RAM refuses a trust policy that names a user or role which does not exist. Of
// other accounts that is not asked: it would tell who lives there.
func (d *Directory) checkTrust(s meta.Snapshot, account, parameter, text string) (string, error) {
	doc, err := parseDocument(policy.Trust, parameter, text, d.limits.PolicyDocument)
	if err != nil {
		return "", err
	}
	text = doc.NormalizedText()
	principals, err := trustedBy(text)
	if err != nil {
		return "", &Error{Kind: Malformed, Parameter: parameter, Err: err}
	}
	for _, arn := range principals {
		err := wantPrincipal(s, account, arn)
		if missing := (*Error)(nil); errors.As(err, &missing) {
			err = &Error{Kind: Malformed, Parameter: parameter, Err: fmt.Errorf("principal %s does not exist", arn)}
		}
		if err != nil {
			return "", err
		}
	}
	return text, nil
}

// trustedBy returns the ARNs under RAM in a normalized trust policy.
func trustedBy(text string) (arns []string, err error) {
	type statement struct {
		Principal struct{ RAM []string }
	}
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	var statements []statement
	if json.Unmarshal(doc.Statement, &statements) != nil {
		statements = make([]statement, 1) // one statement may stand without a list
		if err := json.Unmarshal(doc.Statement, &statements[0]); err != nil {
			return nil, err
		}
	}
	for _, s := range statements {
		arns = append(arns, s.Principal.RAM...)
	}
	return arns, nil
}

// wantPrincipal is NotExist if arn names a user or role of account that is not there.
func wantPrincipal(s meta.Snapshot, account, arn string) error {
	rest, ours := strings.CutPrefix(arn, "acs:ram::"+account+":")
	kind, name, named := strings.Cut(rest, "/")
	if !ours || !named {
		return nil
	}
	t := UserEntity
	if kind == "role" {
		t = RoleEntity
	}
	_, err := findEntity(s, t, account, name)
	return err
}

// parseDocument parses text of 1 to limit characters; what it refuses is the
// parameter's fault.
func parseDocument(kind policy.Kind, parameter, text string, limit int) (*policy.Document, error) {
	if text == "" || utf8.RuneCountInString(text) > limit {
		return nil, &Error{Kind: InvalidLength, Parameter: parameter}
	}
	doc, err := policy.Parse(kind, text)
	if err != nil {
		return nil, &Error{Kind: Malformed, Parameter: parameter, Err: err}
	}
	return doc, nil
}
