package access

import (
	"context"
	"slices"
	"strings"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// Types of policies.
const (
	SystemPolicy = "System"
	CustomPolicy = "Custom"
)

const firstVersion = "v1"

// PolicyUpdate says what to change; nil leaves a field, "" clears the description.
type PolicyUpdate struct {
	Description *string
	Document    *string // of the default version
}

// CreatePolicy makes a custom policy with Name, Document and the optional
// Description of p. The document is kept exactly as it is given.
func (d *Directory) CreatePolicy(ctx context.Context, p Policy) (Policy, error) {
	if err := checkName("PolicyName", p.Name, 1, 128, policyNameMarks); err != nil {
		return Policy{}, err
	}
	if err := checkText("Description", p.Description, 1024); err != nil {
		return Policy{}, err
	}
	if _, err := parseDocument(policy.Identity, "PolicyDocument", p.Document, d.limits.PolicyDocument); err != nil {
		return Policy{}, err
	}
	now := d.instant()
	row := policyRow{
		Version: rowVersion, Name: p.Name, Description: p.Description, Default: firstVersion,
		Versions:   []policyVersion{{ID: firstVersion, Document: p.Document, CreateDate: now}},
		CreateDate: now, UpdateDate: now,
	}
	err := d.update(ctx, func(tx meta.Tx) error {
		if err := wantAccount(tx, p.AccountID); err != nil {
			return err
		}
		var taken policyRow
		if ok, err := readRow(tx, policyKey(p.AccountID, p.Name), &taken); err != nil {
			return err
		} else if ok {
			return &Error{Kind: AlreadyExists, Entity: "Policy"}
		}
		n, err := countRows(tx, policyKey(p.AccountID, ""))
		if err != nil {
			return err
		}
		if n >= d.limits.Policies {
			return &Error{Kind: LimitExceeded, Entity: "Policy"}
		}
		return writeRow(tx, policyKey(p.AccountID, p.Name), row)
	})
	if err != nil {
		return Policy{}, err
	}
	return row.policy(p.AccountID), nil
}

// Policy returns a policy by type and name.
func (d *Directory) Policy(ctx context.Context, account, policyType, name string) (p Policy, err error) {
	err = d.view(ctx, func(s meta.Snapshot) (err error) {
		p, err = readCountedPolicy(s, account, policyType, name)
		return err
	})
	return p, err
}

// UpdatePolicy changes a custom policy. A new document takes effect at once.
func (d *Directory) UpdatePolicy(ctx context.Context, account, name string, change PolicyUpdate) (p Policy, err error) {
	if change.Description != nil {
		if err := checkText("NewDescription", *change.Description, 1024); err != nil {
			return p, err
		}
	}
	if change.Document != nil {
		if _, err := parseDocument(policy.Identity, "PolicyDocument", *change.Document, d.limits.PolicyDocument); err != nil {
			return p, err
		}
	}
	err = d.update(ctx, func(tx meta.Tx) error {
		var row policyRow
		if ok, err := readRow(tx, policyKey(account, name), &row); err != nil {
			return err
		} else if !ok {
			return errNoPolicy()
		}
		row.UpdateDate = d.instant()
		if change.Description != nil {
			row.Description = *change.Description
		}
		if change.Document != nil {
			v := &row.Versions[row.defaultIndex()]
			v.Document, v.CreateDate = *change.Document, row.UpdateDate
		}
		p = row.policy(account)
		return writeRow(tx, policyKey(account, name), row)
	})
	return p, err
}

// DeletePolicy removes a custom policy that is attached to nobody.
func (d *Directory) DeletePolicy(ctx context.Context, account, name string) error {
	return d.update(ctx, func(tx meta.Tx) error {
		var row policyRow
		if ok, err := readRow(tx, policyKey(account, name), &row); err != nil {
			return err
		} else if !ok {
			return errNoPolicy()
		}
		// Users come first: their ids begin with 2, those of roles with 3.
		for id, err := range scanNames(tx, attachedTo(account, CustomPolicy, name), "") {
			if err != nil {
				return err
			}
			return &Error{Kind: DeleteConflict, Entity: "Policy", Parameter: string(entityTypeOf(id[0]))}
		}
		return deleteRow(tx, policyKey(account, name))
	})
}

// Policies lists policies in the order of their names, those of one type or, for
// "", the system's before the account's own.
func (d *Directory) Policies(ctx context.Context, account, policyType string, p Page) (policies []Policy, next string, err error) {
	if policyType != "" {
		if err := checkPolicyType(policyType); err != nil {
			return nil, "", err
		}
	}
	after, limit, err := p.bounds()
	if err != nil {
		return nil, "", err
	}
	err = d.view(ctx, func(s meta.Snapshot) error {
		policies, next = nil, ""
		keys, err := policyKeysAfter(s, account, policyType, after, limit+1)
		if err != nil {
			return err
		}
		if len(keys) > limit {
			keys = keys[:limit]
			next = marker(keys[limit-1])
		}
		for _, key := range keys {
			t, name, _ := strings.Cut(key, "/")
			p, err := readCountedPolicy(s, account, typesInOrder[t], name)
			if err != nil {
				return err
			}
			policies = append(policies, p)
		}
		return nil
	})
	return policies, next, err
}

// typesInOrder names the types in markers, so that their order is that of a list.
var typesInOrder = map[string]string{"1": SystemPolicy, "2": CustomPolicy}

// policyKeysAfter returns up to n policies, each as "1/NAME" or "2/NAME".
func policyKeysAfter(s meta.Snapshot, account, policyType, after string, n int) (keys []string, err error) {
	if policyType != CustomPolicy {
		for _, name := range policy.SystemNames() {
			keys = append(keys, "1/"+fold(name))
		}
		slices.Sort(keys)
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return key <= after })
	if policyType == SystemPolicy {
		return keys[:min(n, len(keys))], nil
	}
	custom, _ := strings.CutPrefix(after, "2/")
	if custom == after {
		custom = ""
	}
	for name, err := range scanNames(s, policyKey(account, ""), custom) {
		if err != nil {
			return nil, err
		}
		if len(keys) >= n {
			break
		}
		keys = append(keys, "2/"+name[0])
	}
	return keys[:min(n, len(keys))], nil
}

func (r *policyRow) policy(account string) Policy {
	return Policy{
		AccountID: account, Name: r.Name, Type: CustomPolicy, Description: r.Description,
		DefaultVersion: r.Default, Document: r.Versions[r.defaultIndex()].Document,
		CreateDate: r.CreateDate, UpdateDate: r.UpdateDate,
	}
}

// defaultIndex finds the version in force; rows are written with one.
func (r *policyRow) defaultIndex() int {
	return slices.IndexFunc(r.Versions, func(v policyVersion) bool { return v.ID == r.Default })
}

// readPolicy reads a policy of either type, without its AttachmentCount.
func readPolicy(s meta.Snapshot, account, policyType, name string) (Policy, error) {
	if err := checkPolicyType(policyType); err != nil {
		return Policy{}, err
	}
	if policyType == SystemPolicy {
		return systemPolicy(name)
	}
	var row policyRow
	ok, err := readRow(s, policyKey(account, name), &row)
	if err != nil {
		return Policy{}, err
	}
	if !ok {
		return Policy{}, errNoPolicy()
	}
	return row.policy(account), nil
}

func readCountedPolicy(s meta.Snapshot, account, policyType, name string) (Policy, error) {
	p, err := readPolicy(s, account, policyType, name)
	if err != nil {
		return p, err
	}
	p.AttachmentCount, err = countRows(s, attachedTo(account, policyType, name))
	return p, err
}

func systemPolicy(name string) (Policy, error) {
	for _, spelled := range policy.SystemNames() {
		if fold(spelled) != fold(name) {
			continue
		}
		if doc, description, ok := policy.System(spelled); ok {
			return Policy{
				Name: spelled, Type: SystemPolicy, Description: description,
				DefaultVersion: firstVersion, Document: doc.Text(),
			}, nil
		}
	}
	return Policy{}, errNoPolicy()
}

func checkPolicyType(t string) error {
	if t != SystemPolicy && t != CustomPolicy {
		return &Error{Kind: InvalidFormat, Parameter: "PolicyType"}
	}
	return nil
}

func errNoPolicy() error { return &Error{Kind: NotExist, Entity: "Policy"} }
