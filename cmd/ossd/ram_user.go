package main

import "github.com/spf13/cobra"

func newRAMUser(c *client) *cobra.Command {
	details := []ramFlag{
		{name: "display-name", parameter: "DisplayName", usage: "name to show"},
		{name: "email", parameter: "Email", usage: "mail address"},
		{name: "mobile-phone", parameter: "MobilePhone", usage: "phone number"},
		{name: "comments", parameter: "Comments", usage: "free text"},
	}
	changes := []ramFlag{{name: "name", parameter: "NewUserName", usage: "new name"}}
	for _, f := range details {
		changes = append(changes, ramFlag{name: f.name, parameter: "New" + f.parameter, usage: "new " + f.usage})
	}
	return group(c, "user", "RAM users",
		ramAction{use: "create NAME", short: "Make a user", action: "CreateUser", arguments: "UserName", flags: details,
			example: "  ossd ram user create app --comments 'the photo app'"},
		ramAction{use: "get NAME", short: "Show a user", action: "GetUser", arguments: "UserName",
			example: "  ossd ram user get app"},
		ramAction{use: "list", short: "List the users", action: "ListUsers", flags: pageFlags,
			example: "  ossd ram user list --output table"},
		ramAction{use: "update NAME", short: "Change a user", action: "UpdateUser", arguments: "UserName", flags: changes,
			example: "  ossd ram user update app --name photo-app --comments ''"},
		ramAction{use: "delete NAME", short: "Delete a user that has no keys and no policies and is in no group", action: "DeleteUser", arguments: "UserName",
			example: "  ossd ram user delete app"},
		ramAction{use: "policies NAME", short: "List the policies attached to a user itself", action: "ListPoliciesForUser", arguments: "UserName",
			example: "  ossd ram user policies app"},
		ramAction{use: "groups NAME", short: "List the groups that a user is in", action: "ListGroupsForUser", arguments: "UserName",
			example: "  ossd ram user groups app"},
	)
}

// pageFlags select a page of a list.
var pageFlags = []ramFlag{
	{name: "max-items", parameter: "MaxItems", usage: "entries in a page, 1 to 1000 (default 100)"},
	{name: "marker", parameter: "Marker", usage: "Marker of the page before"},
}
