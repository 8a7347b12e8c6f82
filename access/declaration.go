package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Declaration is what a file for bootstrapping says there should be. Buckets
// are parsed here and made by the caller.
type Declaration struct {
	Accounts []AccountDeclaration `yaml:"accounts" json:"accounts"`
}

// AccountDeclaration declares an account and what is in it. The key may be left
// out; the account then keeps the keys it has.
type AccountDeclaration struct {
	ID              string              `yaml:"id" json:"id"`
	Name            string              `yaml:"name" json:"name,omitempty"`
	AccessKeyID     string              `yaml:"accessKeyId" json:"accessKeyId,omitempty"`
	AccessKeySecret string              `yaml:"accessKeySecret" json:"accessKeySecret,omitempty"`
	Policies        []PolicyDeclaration `yaml:"policies" json:"policies,omitempty"`
	Users           []UserDeclaration   `yaml:"users" json:"users,omitempty"`
	Roles           []RoleDeclaration   `yaml:"roles" json:"roles,omitempty"`
	Groups          []GroupDeclaration  `yaml:"groups" json:"groups,omitempty"`
	Buckets         []BucketDeclaration `yaml:"buckets" json:"buckets,omitempty"`
}

// PolicyDeclaration declares a custom policy.
type PolicyDeclaration struct {
	Name     string       `yaml:"name" json:"name"`
	Document DocumentText `yaml:"document" json:"document"`
}

// UserDeclaration declares a user. Policies are names: the account's own policy
// of that name or, if there is none, the system's.
type UserDeclaration struct {
	Name       string           `yaml:"name" json:"name"`
	AccessKeys []KeyDeclaration `yaml:"accessKeys" json:"accessKeys,omitempty"`
	Policies   []string         `yaml:"policies" json:"policies,omitempty"`
}

// KeyDeclaration declares an access key whose secret is known already.
type KeyDeclaration struct {
	ID     string `yaml:"id" json:"id"`
	Secret string `yaml:"secret" json:"secret"`
}

// RoleDeclaration declares a role by either its trust policy or the accounts
// that it trusts. Users and roles that the trust policy names must exist or be
// declared before it.
type RoleDeclaration struct {
	Name               string       `yaml:"name" json:"name"`
	Trust              DocumentText `yaml:"trust" json:"trust,omitempty"`
	TrustAccounts      []string     `yaml:"trustAccounts" json:"trustAccounts,omitempty"`
	MaxSessionDuration int          `yaml:"maxSessionDuration" json:"maxSessionDuration,omitempty"` // seconds; 0: as it is, 3600 at first
	Policies           []string     `yaml:"policies" json:"policies,omitempty"`
}

// GroupDeclaration declares a group. Users must exist or be declared; policies
// are named as those of users.
type GroupDeclaration struct {
	Name     string   `yaml:"name" json:"name"`
	Users    []string `yaml:"users" json:"users,omitempty"`
	Policies []string `yaml:"policies" json:"policies,omitempty"`
}

// BucketDeclaration declares a bucket of the account.
type BucketDeclaration struct {
	Name string `yaml:"name" json:"name"`
	ACL  string `yaml:"acl" json:"acl,omitempty"`
}

// DocumentText is a policy document, written as a string or as an object.
type DocumentText string

// UnmarshalYAML keeps a string as it is and writes an object as JSON.
func (t *DocumentText) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		*t = DocumentText(n.Value)
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a policy document must be a string or an object", n.Line)
	}
	var object map[string]any
	if err := n.Decode(&object); err != nil {
		return err
	}
	text, err := json.Marshal(object)
	*t = DocumentText(text)
	return err
}

// quotedValues are the values that the parser repeats in its errors. In a file of
// secrets, any of them may be one.
var quotedValues = regexp.MustCompile("`.*`")

// maxDeclaration bounds what is parsed.
const maxDeclaration = 4 << 20

// ParseDeclaration reads YAML, or JSON, which is YAML too. It refuses fields
// that it does not know: a misspelled one would leave something undone.
func ParseDeclaration(text []byte) (Declaration, error) {
	var declared Declaration
	if len(text) > maxDeclaration {
		return declared, fmt.Errorf("access: declaration has more than %d bytes", maxDeclaration)
	}
	if err := refuseAliases(text); err != nil {
		return declared, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(&declared)
	if errors.Is(err, io.EOF) {
		return declared, errors.New("access: declaration is empty")
	}
	if err != nil {
		return Declaration{}, errors.New("access: declaration cannot be read: " + quotedValues.ReplaceAllString(err.Error(), "`…`"))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Declaration{}, errors.New("access: declaration has more than one document")
	}
	return declared, nil
}

// refuseAliases fails if a node of the text stands in for another one: a few of
// them can make a short text long beyond all memory. What cannot be parsed is
// left to the decoder to tell.
func refuseAliases(text []byte) error {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil {
		return nil
	}
	nodes := []*yaml.Node{&document}
	for len(nodes) > 0 {
		last := len(nodes) - 1
		n := nodes[last]
		if n.Kind == yaml.AliasNode {
			return fmt.Errorf("access: declaration has an alias in line %d: write the value out", n.Line)
		}
		nodes = append(nodes[:last], n.Content...)
	}
	return nil
}
