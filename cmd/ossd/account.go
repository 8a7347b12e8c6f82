package main

import "github.com/spf13/cobra"

func newAccount() *cobra.Command {
	var c client
	cmd := group(&c, "account", "Manage accounts", ramAction{
		use: "create", short: "Make an account and its first access key", action: "CreateAccount", api: ossdAPI,
		example: `  ossd account create --name partner
  ossd account create --id 2345678901234567`,
		flags: []ramFlag{
			{name: "name", parameter: "AccountName", usage: "what it is called, for people"},
			{name: "id", parameter: "AccountId", usage: "16 digits (default: chosen at random)"},
		},
	}, ramAction{
		use: "list", short: "List the accounts", action: "ListAccounts", api: ossdAPI,
		example: `  ossd account list --output table`,
	})
	cmd.Long = `Manage the accounts of the server; its first account may. An account owns buckets, users and roles, and sees nothing of the
others' but what these grant it. The secret of the first access key is shown once.`
	c.flags(cmd)
	c.outputFlag(cmd)
	return cmd
}
