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
		{name: "group", parameter: "GroupName", usage: "group to act on"},
	}
	cmd := group(c, "policy", "Policies and what they are attached to",
		ramAction{
			use: "create NAME", short: "Make a custom policy", action: "CreatePolicy", arguments: "PolicyName",
			example: "  ossd ram policy create put-demo --document put-demo.json",
			flags: []ramFlag{
				{name: "document", parameter: "PolicyDocument", usage: "file with the policy document", file: true, required: true},
				{name: "description", parameter: "Description", usage: "free text"},
				newTag,
			},
		},
		ramAction{use: "get NAME", short: "Show a policy and its document", action: "GetPolicy", arguments: "PolicyName", flags: []ramFlag{kind}, prepare: policyType,
			example: "  ossd ram policy get put-demo"},
		ramAction{use: "list", short: "List the policies", action: "ListPolicies", flags: append([]ramFlag{kind, tagFilter}, pageFlags...),
			example: "  ossd ram policy list --type Custom --output table"},
		ramAction{use: "delete NAME", short: "Delete a custom policy that is attached to nothing", action: "DeletePolicy", arguments: "PolicyName",
			flags:   []ramFlag{{name: "cascade", parameter: "CascadingDelete", value: "true", usage: "also if it has other versions than the default"}},
			example: "  ossd ram policy delete put-demo --cascade"},
		ramAction{use: "entities NAME", short: "List what a policy is attached to", action: "ListEntitiesForPolicy", arguments: "PolicyName", flags: []ramFlag{kind}, prepare: policyType,
			example: "  ossd ram policy entities put-demo --output table"},
	)
	for _, verb := range []struct{ use, short, action, example string }{
		{"attach NAME", "Give a policy to a user, a role, or everybody in a group", "AttachPolicyTo", "  ossd ram policy attach put-demo --group editors"},
		{"detach NAME", "Take a policy from a user, role or group", "DetachPolicyFrom", "  ossd ram policy detach put-demo --role uploader"},
	} {
		cmd.AddCommand(attachCommand(c, verb.use, verb.short, verb.action, verb.example, entity))
	}
	cmd.AddCommand(newRAMPolicyVersion(c))
	return cmd
}

// attachCommand is one verb for three actions: which one, the flags tell.
func attachCommand(c *client, use, short, action, example string, flags []ramFlag) *cobra.Command {
	a := ramAction{use: use, short: short, example: example, arguments: "PolicyName", flags: flags}
	a.prepare = func(cmd *cobra.Command, c *client, params url.Values) error {
		a.action = ""
		for parameter, entity := range map[string]string{"UserName": "User", "RoleName": "Role", "GroupName": "Group"} {
			if !params.Has(parameter) {
				continue
			}
			if a.action != "" {
				return errOneEntity
			}
			a.action = action + entity
		}
		if a.action == "" {
			return errOneEntity
		}
		return policyType(cmd, c, params)
	}
	return a.command(c)
}

var errOneEntity = errors.New("name one of --user, --role and --group")

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
