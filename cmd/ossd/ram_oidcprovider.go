package main

import "github.com/spf13/cobra"

func newRAMOIDCProvider(c *client) *cobra.Command {
	const name = "OIDCProviderName"
	clients := ramFlag{name: "client", parameter: "ClientIds", usage: "client ids that tokens may be issued to, separated by commas"}
	limit := ramFlag{name: "issued-within", parameter: "IssuanceLimitTime", usage: "hours since a token may have been issued, 1 to 168 (default 12)"}
	return group(c, "oidc-provider", "Identity providers whose tokens roles may trust",
		ramAction{
			use: "create NAME", short: "Register an identity provider", action: "CreateOIDCProvider", api: imsAPI, arguments: name,
			example: `  ossd ram oidc-provider create ci --issuer https://token.actions.githubusercontent.com --client sts.example.com`,
			flags: []ramFlag{
				{name: "issuer", parameter: "IssuerUrl", usage: "URL of the issuer, as tokens have it", required: true}, clients, limit,
				{name: "fingerprints", parameter: "Fingerprints", usage: "SHA-1 of the authority's certificate, separated by commas (default: any authority)"},
				{name: "description", parameter: "Description", usage: "free text"},
			},
		},
		ramAction{use: "get NAME", short: "Show an identity provider", action: "GetOIDCProvider", api: imsAPI, arguments: name,
			example: "  ossd ram oidc-provider get ci"},
		ramAction{use: "list", short: "List the identity providers", action: "ListOIDCProviders", api: imsAPI, flags: pageFlags,
			example: "  ossd ram oidc-provider list --output table"},
		ramAction{
			use: "update NAME", short: "Change an identity provider", action: "UpdateOIDCProvider", api: imsAPI, arguments: name,
			example: "  ossd ram oidc-provider update ci --client sts.example.com,other.example.com",
			flags:   []ramFlag{clients, limit, {name: "description", parameter: "NewDescription", usage: "new text"}},
		},
		ramAction{use: "delete NAME", short: "Delete an identity provider; its sessions end", action: "DeleteOIDCProvider", api: imsAPI, arguments: name,
			example: "  ossd ram oidc-provider delete ci"},
	)
}
