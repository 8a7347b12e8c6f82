package access

import (
	"context"
	"math"
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

// PolicyUpdate says what to change; nil leaves the description, "" clears it. A
// new document is a new version.
type PolicyUpdate struct {
	Description *string
}

// CreatePolicy makes a custom policy with Name, Document and the optional
// Description and Tags of p. The document is kept exactly as it is given.
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
		Versions:    []policyVersion{{ID: firstVersion, Document: p.Document, CreateDate: now}},
		LastVersion: 1, CreateDate: now, UpdateDate: now,
	}
	var err error
	if row.Tags, err = d.withTags(nil, p.Tags); err != nil {
		return Policy{}, err
	}
	err = d.update(ctx, func(tx meta.Tx) error {
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

// UpdatePolicy changes the description of a custom policy.
func (d *Directory) UpdatePolicy(ctx context.Context, account, name string, change PolicyUpdate) (p Policy, err error) {
	if change.Description != nil {
		if err := checkText("NewDescription", *change.Description, 1024); err != nil {
			return p, err
		}
	}
	err = d.changePolicy(ctx, account, name, func(row *policyRow) error {
		row.UpdateDate = d.instant()
		if change.Description != nil {
			row.Description = *change.Description
		}
		p = row.policy(account)
		return nil
	})
	return p, err
}

// changePolicy runs change on the row of a custom policy and writes it.
func (d *Directory) changePolicy(ctx context.Context, account, name string, change func(*policyRow) error) error {
	return d.update(ctx, func(tx meta.Tx) error {
		var row policyRow
		if ok, err := readRow(tx, policyKey(account, name), &row); err != nil {
			return err
		} else if !ok {
			return errNoPolicy()
		}
		if err := change(&row); err != nil {
			return err
		}
		return writeRow(tx, policyKey(account, name), row)
	})
}

// DeletePolicy removes a custom policy that is attached to nobody. One that has
// other versions than the default goes only if allVersions says so.
func (d *Directory) DeletePolicy(ctx context.Context, account, name string, allVersions bool) error {
	return d.update(ctx, func(tx meta.Tx) error {
		var row policyRow
		if ok, err := readRow(tx, policyKey(account, name), &row); err != nil {
			return err
		} else if !ok {
			return errNoPolicy()
		}
		// Users come first: their ids begin with 2, those of roles with 3, of groups with g.
		for id, err := range scanNames(tx, attachedTo(account, CustomPolicy, name), "") {
			if err != nil {
				return err
			}
			return &Error{Kind: DeleteConflict, Entity: "Policy", Parameter: string(entityTypeOf(id[0]))}
		}
		if len(row.Versions) > 1 && !allVersions {
			return &Error{Kind: DeleteConflict, Entity: "Policy", Parameter: "Version"}
		}
		return deleteRow(tx, policyKey(account, name))
	})
}

// Policies lists policies in the order of their names, those of one type or, for
// "", the system's before the account's own. Of those, only the ones that have all
// of tags; a tag without a value stands for any value.
func (d *Directory) Policies(ctx context.Context, account, policyType string, p Page, tags ...Tag) (policies []Policy, next string, err error) {
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
		atMost := limit + 1
		if len(tags) > 0 {
			atMost = math.MaxInt // whatever it takes to find enough: RAM's limits bound it
		}
		keys, err := policyKeysAfter(s, account, policyType, after, atMost)
		if err != nil {
			return err
		}
		last := ""
		for _, key := range keys {
			t, name, _ := strings.Cut(key, "/")
			p, err := readCountedPolicy(s, account, typesInOrder[t], name)
			if err != nil {
				return err
			}
			if !haveTags(p.Tags, tags) {
				continue
			}
			if len(policies) == limit {
				next = marker(last)
				break
			}
			policies, last = append(policies, p), key
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
	v := r.Versions[r.index(r.Default)]
	return Policy{
		AccountID: account, Name: r.Name, Type: CustomPolicy, Description: r.Description,
		DefaultVersion: r.Default, Document: v.Document, VersionDate: v.CreateDate,
		Tags: r.Tags, CreateDate: r.CreateDate, UpdateDate: r.UpdateDate,
	}
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
