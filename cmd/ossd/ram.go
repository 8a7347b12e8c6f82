package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

func newRAM() *cobra.Command {
	var c client
	cmd := &cobra.Command{
		Use:   "ram",
		Args:  cobra.NoArgs,
		RunE:  showHelp,
		Short: "Manage users, access keys, roles, policies and identity providers",
		Example: `  # A user who may assume a role, and a role that may write into one bucket:
  ossd ram user create app
  ossd ram access-key create --user app
  ossd ram policy attach AliyunSTSAssumeRoleAccess --user app
  ossd ram role create uploader --trust-account self
  ossd ram policy create put-demo --document put-demo.json
  ossd ram policy attach put-demo --role uploader`,
	}
	c.flags(cmd)
	cmd.AddCommand(newRAMUser(&c), newRAMAccessKey(&c), newRAMRole(&c), newRAMPolicy(&c), newRAMOIDCProvider(&c))
	return cmd
}

// ramAction is a subcommand that is one action of RAM.
type ramAction struct {
	use, short, example string
	action              string
	api                 api               // whose action it is; zero: RAM's
	argument            string            // parameter that the argument fills; empty: there is none
	fixed               map[string]string // parameters with a set value
	flags               []ramFlag
	prepare             func(cmd *cobra.Command, c *client, params url.Values) error // last touch, may be nil
}

// ramFlag is a flag that fills a parameter when it is given.
type ramFlag struct {
	name, parameter, usage string
	file                   bool // the flag names a file with the value
	required               bool
}

func (a *ramAction) command(c *client) *cobra.Command {
	cmd := &cobra.Command{Use: a.use, Short: a.short, Example: a.example, Args: cobra.NoArgs}
	if a.argument != "" {
		cmd.Args = cobra.ExactArgs(1)
	}
	values := make([]string, len(a.flags))
	for i, f := range a.flags {
		cmd.Flags().StringVar(&values[i], f.name, "", f.usage)
		if f.required {
			if err := cmd.MarkFlagRequired(f.name); err != nil {
				panic(err) // the flag was added on the line above
			}
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := c.open(); err != nil {
			return err
		}
		params := url.Values{}
		for name, value := range a.fixed {
			params.Set(name, value)
		}
		if a.argument != "" {
			params.Set(a.argument, args[0])
		}
		for i, f := range a.flags {
			if err := f.fill(cmd, values[i], params); err != nil {
				return err
			}
		}
		if a.prepare != nil {
			if err := a.prepare(cmd, c, params); err != nil {
				return err
			}
		}
		service := a.api
		if service == (api{}) {
			service = ramAPI
		}
		answer, err := c.call(cmd.Context(), service, a.action, params)
		if err != nil {
			return err
		}
		return printJSON(cmd.OutOrStdout(), answer)
	}
	return cmd
}

func (f ramFlag) fill(cmd *cobra.Command, value string, params url.Values) error {
	if !cmd.Flags().Changed(f.name) || f.parameter == "" {
		return nil
	}
	if f.file {
		text, err := os.ReadFile(value)
		if err != nil {
			return err
		}
		value = string(text)
	}
	params.Set(f.parameter, value)
	return nil
}

// showHelp is what a noun without a verb does; a wrong verb is an error.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// group is a noun with its verbs.
func group(c *client, use, short string, actions ...ramAction) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: showHelp}
	for _, a := range actions {
		cmd.AddCommand(a.command(c))
	}
	return cmd
}

func printJSON(out io.Writer, text json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	_, err := fmt.Fprintln(out, b.String())
	return err
}
