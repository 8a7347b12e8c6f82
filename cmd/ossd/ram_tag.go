package main

import "github.com/spf13/cobra"

var (
	newTag    = ramFlag{name: "tag", parameter: "Tag", usage: "tag as KEY=VALUE; can be repeated", tags: true}
	tagFilter = ramFlag{name: "tag", parameter: "Tag", usage: "only what has this tag, as KEY or KEY=VALUE; can be repeated", tags: true}
)

func newRAMTag(c *client) *cobra.Command {
	add := newTag
	add.required = true
	return group(c, "tag", "Tags of roles and policies (TYPE is role or policy)",
		ramAction{use: "add TYPE NAME", short: "Give tags to a role or policy", action: "TagResources", arguments: "ResourceType ResourceNames.1",
			flags: []ramFlag{add}, example: "  ossd ram tag add role uploader --tag team=blue --tag stage=test"},
		ramAction{use: "remove TYPE NAME", short: "Take tags from a role or policy", action: "UntagResources", arguments: "ResourceType ResourceNames.1",
			flags: []ramFlag{
				{name: "key", parameter: "TagKeys", usage: "key of a tag; can be repeated", many: true},
				{name: "all", parameter: "All", value: "true", usage: "all tags"},
			},
			example: "  ossd ram tag remove role uploader --key stage"},
		ramAction{use: "list TYPE", short: "List the tags of roles or policies", action: "ListTagResources", arguments: "ResourceType",
			flags: []ramFlag{
				{name: "name", parameter: "ResourceNames", usage: "only of this one; can be repeated", many: true},
				tagFilter,
				{name: "page-size", parameter: "PageSize", usage: "entries in a page, 1 to 100 (default 100)"},
				{name: "next-token", parameter: "NextToken", usage: "NextToken of the page before"},
			},
			example: "  ossd ram tag list role --output table"},
	)
}

func newRAMAlias(c *client) *cobra.Command {
	return group(c, "alias", "The name of the account",
		ramAction{use: "get", short: "Show the alias", action: "GetAccountAlias", example: "  ossd ram alias get"},
		ramAction{use: "set ALIAS", short: "Give the account an alias", action: "SetAccountAlias", arguments: "AccountAlias",
			example: "  ossd ram alias set my-firm"},
		ramAction{use: "clear", short: "Take the alias away", action: "ClearAccountAlias", example: "  ossd ram alias clear"},
	)
}
