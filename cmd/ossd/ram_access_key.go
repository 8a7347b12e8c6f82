package main

import "github.com/spf13/cobra"

func newRAMAccessKey(c *client) *cobra.Command {
	user := []ramFlag{{name: "user", parameter: "UserName", usage: "whose key (default: the caller's own)"}}
	status := func(use, short, value string) ramAction {
		return ramAction{use: use, short: short, action: "UpdateAccessKey", argument: "UserAccessKeyId",
			fixed: map[string]string{"Status": value}, flags: user}
	}
	return group(c, "access-key", "Access keys of users",
		ramAction{use: "create", short: "Make a key; its secret is shown this once", action: "CreateAccessKey", flags: user,
			example: "  ossd ram access-key create --user app"},
		ramAction{use: "list", short: "List the keys of a user", action: "ListAccessKeys", flags: user},
		status("disable ID", "Refuse a key from now on", "Inactive"),
		status("enable ID", "Accept a disabled key again", "Active"),
		ramAction{use: "delete ID", short: "Delete a key", action: "DeleteAccessKey", argument: "UserAccessKeyId", flags: user},
	)
}
