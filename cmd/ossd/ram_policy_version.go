package main

import "github.com/spf13/cobra"

func newRAMPolicyVersion(c *client) *cobra.Command {
	kind := ramFlag{name: "type", parameter: "PolicyType", usage: "Custom or System (default: told by the name)"}
	return group(c, "version", "Versions of a policy, of which the default one is in force",
		ramAction{
			use: "create NAME", short: "Add a version to a custom policy", action: "CreatePolicyVersion", arguments: "PolicyName",
			example: "  ossd ram policy version create put-demo --document put-demo.json --default --rotate",
			flags: []ramFlag{
				{name: "document", parameter: "PolicyDocument", usage: "file with the policy document", file: true, required: true},
				{name: "default", parameter: "SetAsDefault", value: "true", usage: "put it in force"},
				{name: "rotate", parameter: "RotateStrategy", value: "DeleteOldestNonDefaultVersionWhenLimitExceeded",
					usage: "if there are too many, delete the oldest that is not in force"},
			},
		},
		ramAction{use: "get NAME VERSION", short: "Show a version and its document", action: "GetPolicyVersion", arguments: "PolicyName VersionId",
			flags: []ramFlag{kind}, prepare: policyType, example: "  ossd ram policy version get put-demo v2"},
		ramAction{use: "list NAME", short: "List the versions", action: "ListPolicyVersions", arguments: "PolicyName",
			flags: []ramFlag{kind}, prepare: policyType, example: "  ossd ram policy version list put-demo --output table"},
		ramAction{use: "set-default NAME VERSION", short: "Put a version in force", action: "SetDefaultPolicyVersion", arguments: "PolicyName VersionId",
			example: "  ossd ram policy version set-default put-demo v1"},
		ramAction{use: "delete NAME VERSION", short: "Delete a version that is not in force", action: "DeletePolicyVersion", arguments: "PolicyName VersionId",
			example: "  ossd ram policy version delete put-demo v2"},
	)
}
