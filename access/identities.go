package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// An identity is a user, role or identity provider as decisions need it: that it exists, its name,
// and the policies that speak for it, parsed: those attached to itself and, for a
// user, those of its groups.
type identity struct {
	kind          EntityType
	name          string
	revokedBefore time.Time // roles
	policies      []policy.Attached
}

type identityID struct{ account, id string }

// revoked tells whether a session issued at t was ended by a revocation. Equal
// instants count as revoked: which came first cannot be told.
func (i *identity) revoked(t time.Time) bool {
	return !i.revokedBefore.IsZero() && !t.After(i.revokedBefore)
}

// identity returns the user or role, nil if there is none any more.
func (m moment) identity(ctx context.Context, account, id string) (*identity, error) {
	key := identityID{account, id}
	if m.quiet {
		if i, ok := m.d.identities.get(key, m.generation); ok {
			return i, nil
		}
	}
	var found *identity
	err := m.read(ctx, func(s meta.Snapshot) (err error) {
		found, err = m.d.readIdentity(s, account, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if m.quiet {
		m.d.identities.put(key, m.generation, found)
	}
	return found, nil
}

func (d *Directory) readIdentity(s meta.Snapshot, account, id string) (*identity, error) {
	i := &identity{kind: entityTypeOf(id)}
	var ok bool
	var err error
	switch i.kind {
	case RoleEntity:
		var row roleRow
		ok, err = readRow(s, entityKey(i.kind, account, id), &row)
		i.name, i.revokedBefore = row.Name, row.RevokedBefore
	case ProviderEntity:
		var row providerRow
		ok, err = readRow(s, entityKey(i.kind, account, id), &row)
		i.name = row.Name
	default:
		var row userRow
		ok, err = readRow(s, entityKey(i.kind, account, id), &row)
		i.name = row.Name
	}
	if err != nil || !ok {
		return nil, err
	}
	if err := d.addPolicies(s, i, account, id); err != nil {
		return nil, err
	}
	for group, err := range scanNames(s, groupsOf(account, id), "") {
		if err != nil {
			return nil, err
		}
		if err := d.addPolicies(s, i, account, group[0]); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// addPolicies lets what is attached to id, which may be a group, speak for i.
func (d *Directory) addPolicies(s meta.Snapshot, i *identity, account, id string) error {
	for row, err := range scanNames(s, attachmentsOf(account, id), "") {
		if err != nil {
			return err
		}
		policyType, name, _ := strings.Cut(row[0], "/")
		attached, err := d.attached(s, account, policyType, name)
		if err != nil {
			return err
		}
		attached.To = string(entityTypeOf(id))
		if !slices.ContainsFunc(i.policies, func(a policy.Attached) bool { // once is enough, however it came
			return a.Type == attached.Type && a.Name == attached.Name
		}) {
			i.policies = append(i.policies, attached)
		}
	}
	return nil
}

// attached reads a policy that is attached to someone. One that cannot be read
// is an error and not left out: it may hold a Deny.
func (d *Directory) attached(s meta.Snapshot, account, policyType, name string) (policy.Attached, error) {
	p, err := readPolicy(s, account, policyType, name)
	if isNotExist(err) { // damage, not an answer to whoever asked for something else
		return policy.Attached{}, fmt.Errorf("access: policy %s of account %s is attached but has no row", name, account)
	}
	if err != nil {
		return policy.Attached{}, fmt.Errorf("access: policy %s of account %s is attached but cannot be read: %w", name, account, err)
	}
	doc, err := d.document(policy.Identity, p.Document)
	if err != nil {
		return policy.Attached{}, fmt.Errorf("access: policy %s of account %s is stored but does not parse: %w", name, account, err)
	}
	return policy.Attached{Name: p.Name, Type: p.Type, Document: doc, Version: p.DefaultVersion}, nil
}

// document parses text, or finds it parsed. It is keyed by the text itself, so
// that nothing has to invalidate it.
func (d *Directory) document(kind policy.Kind, text string) (*policy.Document, error) {
	key := string(rune('0'+kind)) + text
	if doc, ok := d.documents.get(key); ok {
		return doc, nil
	}
	doc, err := policy.Parse(kind, text)
	if err != nil {
		return nil, err
	}
	d.documents.put(key, doc)
	return doc, nil
}
