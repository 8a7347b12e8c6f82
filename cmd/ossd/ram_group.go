package main

import "github.com/spf13/cobra"

func newRAMGroup(c *client) *cobra.Command {
	return group(c, "group", "Groups of users, whose policies count for everybody in them",
		ramAction{use: "create NAME", short: "Make a group", action: "CreateGroup", arguments: "GroupName",
			flags:   []ramFlag{{name: "comments", parameter: "Comments", usage: "free text"}},
			example: "  ossd ram group create editors --comments 'who may write'"},
		ramAction{use: "get NAME", short: "Show a group", action: "GetGroup", arguments: "GroupName",
			example: "  ossd ram group get editors"},
		ramAction{use: "list", short: "List the groups", action: "ListGroups", flags: pageFlags,
			example: "  ossd ram group list --output table"},
		ramAction{use: "update NAME", short: "Change a group", action: "UpdateGroup", arguments: "GroupName",
			flags: []ramFlag{
				{name: "name", parameter: "NewGroupName", usage: "new name"},
				{name: "comments", parameter: "NewComments", usage: "new text"},
			},
			example: "  ossd ram group update editors --name authors"},
		ramAction{use: "delete NAME", short: "Delete a group that has no users and no policies", action: "DeleteGroup", arguments: "GroupName",
			example: "  ossd ram group delete editors"},
		ramAction{use: "add-user GROUP USER", short: "Put a user into a group", action: "AddUserToGroup", arguments: "GroupName UserName",
			example: "  ossd ram group add-user editors app"},
		ramAction{use: "remove-user GROUP USER", short: "Take a user out of a group", action: "RemoveUserFromGroup", arguments: "GroupName UserName",
			example: "  ossd ram group remove-user editors app"},
		ramAction{use: "members NAME", short: "List the users in a group", action: "ListUsersForGroup", arguments: "GroupName", flags: pageFlags,
			example: "  ossd ram group members editors --output table"},
		ramAction{use: "policies NAME", short: "List the policies attached to a group", action: "ListPoliciesForGroup", arguments: "GroupName",
			example: "  ossd ram group policies editors"},
	)
}
