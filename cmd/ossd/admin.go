package main

import "github.com/spf13/cobra"

func newAdmin() *cobra.Command {
	var c client
	cmd := group(&c, "admin", "Take care of the server itself", ramAction{
		use: "rotate-keys", short: "Seal what is new with a new key", action: "RotateKeys", api: ossdAPI,
		example: `  ossd admin rotate-keys`,
	})
	cmd.Long = `Take care of the server itself; its first account may.

rotate-keys makes a new key, which seals security tokens from now on, and seals
the secrets of access keys anew. Tokens that are out there stay good until they
expire; then the keys that sealed them are dropped by the next rotation.`
	c.flags(cmd)
	c.outputFlag(cmd)
	return cmd
}
