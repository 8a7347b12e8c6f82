package ram

import (
	"context"
	"errors"
	"strings"

	"ossd/access"
	"ossd/protocol/rpc"
)

// The resources that permissions are asked on, from "RAM authentication". The
// account is always the caller's, but that of a system policy is "system".

func userResource(c *rpc.Call, name string) string { return resource(c.Account(), "user", name) }

func groupResource(c *rpc.Call, name string) string { return resource(c.Account(), "group", name) }

func roleResource(c *rpc.Call, name string) string { return resource(c.Account(), "role", name) }

func policyResource(c *rpc.Call, policyType, name string) string {
	if policyType == access.SystemPolicy {
		return resource("system", "policy", name)
	}
	return resource(c.Account(), "policy", name)
}

// accountResource is that of what belongs to the account as a whole.
func accountResource(c *rpc.Call) string { return "acs:ram:*:" + c.Account() + ":*" }

func resource(account, kind, name string) string {
	return "acs:ram:*:" + account + ":" + kind + "/" + name
}

// spell looks the entity of a resource up and gives the resource its spelling.
// A resource that names none stays as it is: the permission is asked all the
// same, so that only who has it learns what does not exist.
func spell(ctx context.Context, c *rpc.Call, resource string) (string, error) {
	prefix, name, _ := strings.Cut(resource, "/")
	if name == "" || name == "*" {
		return resource, nil
	}
	kind := prefix[strings.LastIndexByte(prefix, ':')+1:]
	spelled, err := spelling(ctx, c, kind, strings.Contains(prefix, ":system:"), name)
	if refused := (*access.Error)(nil); errors.As(err, &refused) {
		return resource, nil
	}
	if err != nil {
		return "", err
	}
	return prefix + "/" + spelled, nil
}

func spelling(ctx context.Context, c *rpc.Call, kind string, system bool, name string) (string, error) {
	switch kind {
	case "user":
		u, err := c.Directory.User(ctx, c.Account(), name)
		return u.Name, err
	case "group":
		g, err := c.Directory.Group(ctx, c.Account(), name)
		return g.Name, err
	case "role":
		r, err := c.Directory.Role(ctx, c.Account(), name)
		return r.Name, err
	}
	policyType := access.CustomPolicy
	if system {
		policyType = access.SystemPolicy
	}
	p, err := c.Directory.Policy(ctx, c.Account(), policyType, name)
	return p.Name, err
}
