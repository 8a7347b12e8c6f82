package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newRAMAccessKey(c *client) *cobra.Command {
	user := []ramFlag{{name: "user", parameter: "UserName", usage: "whose key (default: the caller's own)"}}
	status := func(use, short, value string) ramAction {
		return ramAction{use: use, short: short, action: "UpdateAccessKey", arguments: "UserAccessKeyId",
			fixed: map[string]string{"Status": value}, flags: user,
			example: "  ossd ram access-key " + strings.Replace(use, "ID", "LTAI…", 1) + " --user app"}
	}
	return group(c, "access-key", "Access keys of users",
		ramAction{use: "create", short: "Make a key; its secret is shown this once", action: "CreateAccessKey", flags: user,
			example: "  ossd ram access-key create --user app"},
		ramAction{use: "list", short: "List the keys of a user", action: "ListAccessKeys", flags: user,
			example: "  ossd ram access-key list --user app --output table"},
		status("disable ID", "Refuse a key from now on", "Inactive"),
		status("enable ID", "Accept a disabled key again", "Active"),
		ramAction{use: "delete ID", short: "Delete a key", action: "DeleteAccessKey", arguments: "UserAccessKeyId", flags: user,
			example: "  ossd ram access-key delete LTAI… --user app"},
		ramAction{use: "last-used ID", short: "Tell when a key was last used, within an hour", action: "GetAccessKeyLastUsed", arguments: "UserAccessKeyId", flags: user,
			example: "  ossd ram access-key last-used LTAI… --user app"},
	)
}
