package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ossd/access/policy"
)

// ChangeAction is what Apply did to an entity.
type ChangeAction string

const (
	Created   ChangeAction = "created"
	Updated   ChangeAction = "updated"
	Unchanged ChangeAction = "unchanged"
)

// Change is one entity that Apply looked at.
type Change struct {
	Action  ChangeAction
	Entity  string // "account", "accessKey", "policy", "user", "role", "group", "member", "attachment"
	Account string
	Name    string // of an attachment: "POLICY to user NAME", of a member: "USER of group NAME"
}

func (c Change) String() string {
	if c.Entity == "account" {
		return fmt.Sprintf("%s account %s", c.Action, c.Account)
	}
	return fmt.Sprintf("%s %s %s in account %s", c.Action, c.Entity, c.Name, c.Account)
}

// Apply makes what is declared and changes what differs. It deletes nothing,
// detaches nothing and enables no disabled key, so it may run at every start.
// It works entity by entity: after an error, the changes made so far stay and
// are returned, and the next Apply goes on from there. Several may apply the same at
// once, such as processes that start together: each thing is made by one of them.
func (d *Directory) Apply(ctx context.Context, declared Declaration) ([]Change, error) {
	b := bootstrap{Directory: d, ctx: ctx}
	for _, a := range declared.Accounts {
		if err := b.account(a); err != nil {
			return b.changes, fmt.Errorf("account %s: %w", a.ID, err)
		}
	}
	return b.changes, nil
}

// bootstrap is one run of Apply.
type bootstrap struct {
	*Directory
	ctx     context.Context
	changes []Change
}

func (b *bootstrap) note(action ChangeAction, entity, account, name string) {
	b.changes = append(b.changes, Change{action, entity, account, name})
}

// onceMore runs a step that looks for something and makes it if it is missing. If another
// process has made it in between, the step finds it when it looks again.
func onceMore(step func() error) error {
	err := step()
	if isAlreadyExists(err) {
		err = step()
	}
	return err
}

// account goes from what is named to what names it.
func (b *bootstrap) account(a AccountDeclaration) error {
	var key *AccessKey
	if a.AccessKeyID != "" || a.AccessKeySecret != "" {
		key = &AccessKey{ID: a.AccessKeyID, Secret: a.AccessKeySecret}
	}
	changes, err := b.EnsureAccount(b.ctx, Account{ID: a.ID, Name: a.Name}, nil)
	b.changes = append(b.changes, changes...)
	if err != nil {
		return err
	}
	if key != nil {
		if err := b.key(a.ID, "", *key); err != nil {
			return err
		}
	}
	for _, p := range a.Policies {
		if err := onceMore(func() error { return b.policy(a.ID, p) }); err != nil {
			return fmt.Errorf("policy %s: %w", p.Name, err)
		}
	}
	for _, u := range a.Users {
		if err := b.user(a.ID, u); err != nil {
			return fmt.Errorf("user %s: %w", u.Name, err)
		}
	}
	for _, r := range a.Roles {
		if err := b.role(a.ID, r); err != nil {
			return fmt.Errorf("role %s: %w", r.Name, err)
		}
	}
	for _, g := range a.Groups {
		if err := b.group(a.ID, g); err != nil {
			return fmt.Errorf("group %s: %w", g.Name, err)
		}
	}
	return nil
}

func (b *bootstrap) policy(account string, declared PolicyDeclaration) error {
	document := string(declared.Document)
	stored, err := b.Policy(b.ctx, account, CustomPolicy, declared.Name)
	action := Unchanged
	switch {
	case isNotExist(err):
		action = Created
		_, err = b.CreatePolicy(b.ctx, Policy{AccountID: account, Name: declared.Name, Document: document})
	case err == nil && stored.Document != document:
		action = Updated
		_, err = b.CreatePolicyVersion(b.ctx, account, declared.Name, NewPolicyVersion{Document: document, Default: true, Rotate: true})
	}
	if err != nil {
		return err
	}
	b.note(action, "policy", account, declared.Name)
	return nil
}

// key makes a key of the account, or of one of its users.
func (b *bootstrap) key(account, user string, given AccessKey) error {
	return onceMore(func() error {
		change, err := b.ensureKey(b.ctx, account, user, given)
		if err == nil {
			b.changes = append(b.changes, change)
		}
		return err
	})
}

func (b *bootstrap) user(account string, declared UserDeclaration) error {
	err := onceMore(func() error {
		_, err := b.User(b.ctx, account, declared.Name)
		action := Unchanged
		if isNotExist(err) {
			action = Created
			_, err = b.CreateUser(b.ctx, User{AccountID: account, Name: declared.Name})
		}
		if err == nil {
			b.note(action, "user", account, declared.Name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range declared.AccessKeys {
		if err := b.key(account, declared.Name, AccessKey{ID: k.ID, Secret: k.Secret}); err != nil {
			return fmt.Errorf("access key %q: %w", k.ID, err)
		}
	}
	return b.attach(account, UserEntity, declared.Name, declared.Policies)
}

func (b *bootstrap) role(account string, declared RoleDeclaration) error {
	if err := onceMore(func() error { return b.ensureRole(account, declared) }); err != nil {
		return err
	}
	return b.attach(account, RoleEntity, declared.Name, declared.Policies)
}

func (b *bootstrap) ensureRole(account string, declared RoleDeclaration) error {
	trust, err := declared.trustPolicy()
	if err != nil {
		return err
	}
	duration := time.Duration(declared.MaxSessionDuration) * time.Second
	stored, err := b.Role(b.ctx, account, declared.Name)
	action := Unchanged
	switch {
	case isNotExist(err):
		action = Created
		_, err = b.CreateRole(b.ctx, Role{
			AccountID: account, Name: declared.Name, TrustPolicy: trust, MaxSessionDuration: duration,
		})
	case err == nil:
		var change RoleUpdate
		if differs(stored.TrustPolicy, trust) {
			change.TrustPolicy, action = &trust, Updated
		}
		if duration != 0 && duration != stored.MaxSessionDuration {
			change.MaxSessionDuration, action = &duration, Updated
		}
		if action == Updated {
			_, err = b.UpdateRole(b.ctx, account, declared.Name, change)
		}
	}
	if err != nil {
		return err
	}
	b.note(action, "role", account, declared.Name)
	return nil
}

func (b *bootstrap) group(account string, declared GroupDeclaration) error {
	err := onceMore(func() error {
		_, err := b.Group(b.ctx, account, declared.Name)
		action := Unchanged
		if isNotExist(err) {
			action = Created
			_, err = b.CreateGroup(b.ctx, Group{AccountID: account, Name: declared.Name})
		}
		if err == nil {
			b.note(action, "group", account, declared.Name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, user := range declared.Users {
		action := Created
		err := b.AddUserToGroup(b.ctx, account, user, declared.Name)
		if isAlreadyExists(err) {
			action, err = Unchanged, nil
		}
		if err != nil {
			return fmt.Errorf("user %s: %w", user, err)
		}
		b.note(action, "member", account, fmt.Sprintf("%s of group %s", user, declared.Name))
	}
	return b.attach(account, GroupEntity, declared.Name, declared.Policies)
}

func (b *bootstrap) attach(account string, t EntityType, name string, policies []string) error {
	if len(policies) == 0 {
		return nil
	}
	attached, err := b.PoliciesOf(b.ctx, account, t, name)
	if err != nil {
		return err
	}
	for _, policyName := range policies {
		p, err := b.Policy(b.ctx, account, CustomPolicy, policyName)
		if isNotExist(err) {
			p, err = b.Policy(b.ctx, account, SystemPolicy, policyName)
		}
		if err != nil {
			return fmt.Errorf("policy %s: %w", policyName, err)
		}
		action := Unchanged
		if !slices.ContainsFunc(attached, func(a Attachment) bool {
			return a.PolicyType == p.Type && fold(a.PolicyName) == fold(p.Name)
		}) {
			action = Created
			err := b.Attach(b.ctx, account, p.Type, p.Name, t, name)
			if isAlreadyExists(err) {
				action, err = Unchanged, nil
			}
			if err != nil {
				return fmt.Errorf("policy %s: %w", policyName, err)
			}
		}
		b.note(action, "attachment", account, fmt.Sprintf("%s to %s %s", p.Name, lowerType(t), name))
	}
	return nil
}

// trustPolicy returns the declared document, or one that trusts the users and
// roles of the declared accounts.
func (r *RoleDeclaration) trustPolicy() (string, error) {
	if (r.Trust == "") == (len(r.TrustAccounts) == 0) {
		return "", errors.New("access: a role needs either trust or trustAccounts")
	}
	if r.Trust != "" {
		return string(r.Trust), nil
	}
	type principal struct{ RAM []string }
	type statement struct {
		Effect    policy.Effect
		Action    string
		Principal principal
	}
	var trusted principal
	for _, id := range r.TrustAccounts {
		if err := checkAccountID(id); err != nil {
			return "", err
		}
		trusted.RAM = append(trusted.RAM, "acs:ram::"+id+":root")
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"1", []statement{{policy.Allow, "sts:AssumeRole", trusted}}})
	return string(text), err
}

// differs tells whether a declared trust policy is another than the stored one,
// which is kept normalized.
func differs(stored, declared string) bool {
	doc, err := policy.Parse(policy.Trust, declared)
	return err != nil || doc.NormalizedText() != stored // what does not parse is refused by the update
}

func lowerType(t EntityType) string { return strings.ToLower(string(t)) }

func isNotExist(err error) bool      { return isKind(err, NotExist) }
func isAlreadyExists(err error) bool { return isKind(err, AlreadyExists) }

func isKind(err error, kind Kind) bool {
	refusal := (*Error)(nil)
	return errors.As(err, &refusal) && refusal.Kind == kind
}
