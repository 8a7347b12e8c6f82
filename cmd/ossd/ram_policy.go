package main

import (
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func newRAMPolicy(c *client) *cobra.Command {
	kind := ramFlag{name: "type", parameter: "PolicyType", usage: "Custom or System (default: told by the name)"}
	entity := []ramFlag{kind,
		{name: "user", parameter: "UserName", usage: "user to act on"},
		{name: "role", parameter: "RoleName", usage: "role to act on"},
	}
	cmd := group(c, "policy", "Policies and what they are attached to",
		ramAction{
			use: "create NAME", short: "Make a custom policy", action: "CreatePolicy", argument: "PolicyName",
			example: "  ossd ram policy create put-demo --document put-demo.json",
			flags: []ramFlag{
				{name: "document", parameter: "PolicyDocument", usage: "file with the policy document", file: true, required: true},
				{name: "description", parameter: "Description", usage: "free text"},
			},
		},
		ramAction{use: "get NAME", short: "Show a policy and its document", action: "GetPolicy", argument: "PolicyName", flags: []ramFlag{kind}, prepare: policyType},
		ramAction{use: "list", short: "List the policies", action: "ListPolicies", flags: append([]ramFlag{kind}, pageFlags...)},
		ramAction{use: "delete NAME", short: "Delete a custom policy that is attached to nothing", action: "DeletePolicy", argument: "PolicyName"},
		ramAction{use: "entities NAME", short: "List what a policy is attached to", action: "ListEntitiesForPolicy", argument: "PolicyName", flags: []ramFlag{kind}, prepare: policyType},
	)
	for _, verb := range []struct{ use, short, user, role string }{
		{"attach NAME", "Give a policy to a user or role", "AttachPolicyToUser", "AttachPolicyToRole"},
		{"detach NAME", "Take a policy from a user or role", "DetachPolicyFromUser", "DetachPolicyFromRole"},
	} {
		cmd.AddCommand(attachCommand(c, verb.use, verb.short, verb.user, verb.role, entity))
	}
	return cmd
}

// attachCommand is one verb for two actions: which one, the flags tell.
func attachCommand(c *client, use, short, toUser, toRole string, flags []ramFlag) *cobra.Command {
	a := ramAction{use: use, short: short, argument: "PolicyName", flags: flags}
	a.prepare = func(cmd *cobra.Command, c *client, params url.Values) error {
		if params.Has("UserName") == params.Has("RoleName") {
			return errors.New("name one of --user and --role")
		}
		a.action = toUser
		if params.Has("RoleName") {
			a.action = toRole
		}
		return policyType(cmd, c, params)
	}
	return a.command(c)
}

// policyType tells the vendor's policies from the account's own by their names.
func policyType(_ *cobra.Command, _ *client, params url.Values) error {
	if params.Get("PolicyType") != "" {
		return nil
	}
	kind := "Custom"
	if name := params.Get("PolicyName"); name == "AdministratorAccess" || strings.HasPrefix(name, "Aliyun") {
		kind = "System"
	}
	params.Set("PolicyType", kind)
	return nil
}
