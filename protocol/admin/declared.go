package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
)

// permitDeclared asks whether the caller may do, one by one, what a declaration
// amounts to: who may not make keys with RAM's own actions cannot declare them either.
func permitDeclared(ctx context.Context, c *rpc.Call, declared access.Declaration) error {
	asked := questions{ctx: ctx, c: c}
	for _, a := range declared.Accounts {
		if a.AccessKeyID != "" && !c.ByAccount() {
			return &rpc.Error{Code: "NoPermission", Message: "The key of an account is for the account itself to declare.", Status: http.StatusForbidden}
		}
		asked.account(a)
	}
	if asked.err != nil || len(asked.checks) == 0 {
		return asked.err
	}
	decision, err := c.Directory.Authorize(ctx, c.Caller, asked.checks...)
	if err == nil && !decision.Allowed {
		err = rpc.Denied(decision)
	}
	return err
}

// questions gathers what is to be asked.
type questions struct {
	ctx    context.Context
	c      *rpc.Call
	checks []access.Check
	err    error

	policies []access.PolicyDeclaration // of the account that is being asked about
}

func (q *questions) ask(action string, resources ...string) {
	for _, resource := range resources {
		q.checks = append(q.checks, access.Check{Action: action, Resource: resource, Class: policy.Management, Owner: q.c.Account(), Context: q.c.Context})
	}
}

func (q *questions) account(a access.AccountDeclaration) {
	if a.ID != q.c.Account() {
		q.ask("ossd:CreateAccount", everything(q.c)...)
	}
	if a.Name != "" {
		q.ask("ram:SetAccountAlias", "acs:ram:*:"+a.ID+":*")
	}
	q.policies = a.Policies
	for _, p := range a.Policies {
		q.ask("ram:CreatePolicy", q.custom(a.ID, p.Name))
		q.ask("ram:CreatePolicyVersion", q.custom(a.ID, p.Name))
	}
	for _, u := range a.Users {
		user := q.user(a.ID, u.Name)
		q.ask("ram:CreateUser", user)
		if len(u.AccessKeys) > 0 {
			q.ask("ram:CreateAccessKey", user)
		}
		q.attach("ram:AttachPolicyToUser", a.ID, user, u.Policies)
	}
	for _, r := range a.Roles {
		role := q.name(a.ID, "role", r.Name, func() (string, error) {
			found, err := q.c.Directory.Role(q.ctx, a.ID, r.Name)
			return found.Name, err
		})
		q.ask("ram:CreateRole", role)
		q.ask("ram:UpdateRole", role)
		q.attach("ram:AttachPolicyToRole", a.ID, role, r.Policies)
	}
	for _, g := range a.Groups {
		group := q.name(a.ID, "group", g.Name, func() (string, error) {
			found, err := q.c.Directory.Group(q.ctx, a.ID, g.Name)
			return found.Name, err
		})
		q.ask("ram:CreateGroup", group)
		for _, member := range g.Users {
			q.ask("ram:AddUserToGroup", group, q.user(a.ID, member))
		}
		q.attach("ram:AttachPolicyToGroup", a.ID, group, g.Policies)
	}
	for _, b := range a.Buckets {
		resource := "acs:oss:*:" + a.ID + ":" + b.Name
		q.ask("oss:PutBucket", resource)
		if b.ACL != "" {
			q.ask("oss:PutBucketAcl", resource)
		}
	}
}

func (q *questions) attach(action, account, to string, policies []string) {
	for _, name := range policies {
		q.ask(action, to, q.attached(account, name))
	}
}

// attached is the account's own policy of a name or, if there is none, the system's.
// The declaration itself makes policies before it attaches them.
func (q *questions) attached(account, name string) string {
	if slices.ContainsFunc(q.policies, func(p access.PolicyDeclaration) bool { return strings.EqualFold(p.Name, name) }) {
		return q.custom(account, name)
	}
	system, err := q.c.Directory.Policy(q.ctx, account, access.SystemPolicy, name)
	if err == nil {
		if _, own := q.c.Directory.Policy(q.ctx, account, access.CustomPolicy, name); own != nil {
			return "acs:ram:*:system:policy/" + system.Name
		}
	}
	return q.custom(account, name)
}

func (q *questions) user(account, name string) string {
	return q.name(account, "user", name, func() (string, error) {
		found, err := q.c.Directory.User(q.ctx, account, name)
		return found.Name, err
	})
}

func (q *questions) custom(account, name string) string {
	return q.name(account, "policy", name, func() (string, error) {
		found, err := q.c.Directory.Policy(q.ctx, account, access.CustomPolicy, name)
		return found.Name, err
	})
}

// name is a resource in its own spelling, if it exists.
func (q *questions) name(account, kind, name string, find func() (string, error)) string {
	spelled, err := find()
	if refused := (*access.Error)(nil); errors.As(err, &refused) {
		spelled = name
	} else if err != nil {
		q.err = errors.Join(q.err, err)
	}
	return "acs:ram:*:" + account + ":" + kind + "/" + spelled
}
