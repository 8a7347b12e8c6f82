package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

func newRAMRole(c *client) *cobra.Command {
	return group(c, "role", "Roles that can be assumed",
		ramAction{
			use: "create NAME", short: "Make a role", action: "CreateRole", arguments: "RoleName",
			example: `  ossd ram role create uploader --trust-account self
  ossd ram role create partner --trust trust.json --max-session 12h`,
			flags: []ramFlag{
				{name: "trust", parameter: "AssumeRolePolicyDocument", usage: "file with the trust policy", file: true},
				{name: "trust-account", usage: "account whose users and roles may assume it, or self; instead of --trust"},
				{name: "description", parameter: "Description", usage: "free text"},
				{name: "max-session", usage: "longest session, 1h to 12h (default 1h)"},
				newTag,
			},
			prepare: prepareRole("MaxSessionDuration", true),
		},
		ramAction{use: "get NAME", short: "Show a role", action: "GetRole", arguments: "RoleName",
			example: "  ossd ram role get uploader"},
		ramAction{use: "list", short: "List the roles", action: "ListRoles", flags: append([]ramFlag{tagFilter}, pageFlags...),
			example: "  ossd ram role list --tag team=blue --output table"},
		ramAction{
			use: "update NAME", short: "Change a role", action: "UpdateRole", arguments: "RoleName",
			example: "  ossd ram role update uploader --max-session 12h",
			flags: []ramFlag{
				{name: "trust", parameter: "NewAssumeRolePolicyDocument", usage: "file with the new trust policy", file: true},
				{name: "description", parameter: "NewDescription", usage: "new text"},
				{name: "max-session", usage: "new longest session, 1h to 12h"},
			},
			prepare: prepareRole("NewMaxSessionDuration", false),
		},
		ramAction{use: "delete NAME", short: "Delete a role that has no policies; its sessions end", action: "DeleteRole", arguments: "RoleName",
			example: "  ossd ram role delete uploader"},
		ramAction{
			use: "revoke-sessions NAME", short: "End the sessions of a role", action: "RevokeSessions", api: ossdAPI, arguments: "RoleName",
			example: `  ossd ram role revoke-sessions uploader
  ossd ram role revoke-sessions uploader --before 2026-11-24T12:00:00Z`,
			flags: []ramFlag{{name: "before", parameter: "BeforeTime", usage: "end only those that were issued then or earlier (default now)"}},
		},
		ramAction{use: "policies NAME", short: "List the policies attached to a role", action: "ListPoliciesForRole", arguments: "RoleName",
			example: "  ossd ram role policies uploader"},
	)
}

// prepareRole turns durations into seconds and an account into a trust policy.
func prepareRole(durationParameter string, create bool) func(*cobra.Command, *client, url.Values) error {
	return func(cmd *cobra.Command, c *client, params url.Values) error {
		if text, _ := cmd.Flags().GetString("max-session"); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil {
				return fmt.Errorf("--max-session: write it as 1h or 90m: %w", err)
			}
			params.Set(durationParameter, strconv.Itoa(int(d.Seconds())))
		}
		if !create {
			return nil
		}
		account, _ := cmd.Flags().GetString("trust-account")
		if (account == "") == !params.Has("AssumeRolePolicyDocument") {
			return errors.New("say who may assume the role: either --trust FILE or --trust-account ID|self")
		}
		if account == "" {
			return nil
		}
		if account == "self" {
			answer, err := c.call(cmd.Context(), stsAPI, "GetCallerIdentity", url.Values{})
			if err != nil {
				return err
			}
			var caller struct{ AccountId string }
			if err := json.Unmarshal(answer, &caller); err != nil {
				return err
			}
			account = caller.AccountId
		}
		params.Set("AssumeRolePolicyDocument", fmt.Sprintf(
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::%s:root"]}}]}`, account))
		return nil
	}
}
