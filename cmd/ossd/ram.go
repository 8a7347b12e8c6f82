package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func newRAM() *cobra.Command {
	var c client
	cmd := &cobra.Command{
		Use:   "ram",
		Args:  cobra.NoArgs,
		RunE:  showHelp,
		Short: "Manage users, groups, access keys, roles, policies and identity providers",
		Example: `  # A user who may assume a role, and a role that may write into one bucket:
  ossd ram user create app
  ossd ram access-key create --user app
  ossd ram policy attach AliyunSTSAssumeRoleAccess --user app
  ossd ram role create uploader --trust-account self
  ossd ram policy create put-demo --document put-demo.json
  ossd ram policy attach put-demo --role uploader

  # The same policy for everybody in a group, and who is there as a table:
  ossd ram group create editors
  ossd ram policy attach put-demo --group editors
  ossd ram group add-user editors app
  ossd ram group members editors --output table`,
	}
	c.flags(cmd)
	c.outputFlag(cmd)
	cmd.AddCommand(newRAMUser(&c), newRAMGroup(&c), newRAMAccessKey(&c), newRAMRole(&c), newRAMPolicy(&c), newRAMTag(&c), newRAMAlias(&c), newRAMOIDCProvider(&c), newRAMExplain(&c), newRAMApply(&c), newRAMDecodeMessage(&c))
	return cmd
}

// outputFlag adds the flag that says how answers are printed.
func (c *client) outputFlag(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&c.output, "output", "json", "json, as the service answers, or table, for reading")
	if err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]cobra.Completion{"json", "table"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was added on the line above
	}
}

// ramAction is a subcommand that is one action of RAM.
type ramAction struct {
	use, short, example string
	action              string
	api                 api               // whose action it is; zero: RAM's
	arguments           string            // parameters that the arguments fill, in their order; empty: there are none
	fixed               map[string]string // parameters with a set value
	flags               []ramFlag
	prepare             func(cmd *cobra.Command, c *client, params url.Values) error // last touch, may be nil
}

// ramFlag is a flag that fills a parameter when it is given.
type ramFlag struct {
	name, parameter, usage string
	value                  string // what the flag sets the parameter to; empty: it takes a value itself
	file                   bool   // the flag names a file with the value
	many                   bool   // the flag can be repeated and fills parameter.1, parameter.2 …
	tags                   bool   // the same, and its values are KEY=VALUE
	required               bool
}

// add makes the flag.
func (f ramFlag) add(cmd *cobra.Command) {
	switch flags := cmd.Flags(); {
	case f.value != "":
		flags.Bool(f.name, false, f.usage)
	case f.many, f.tags:
		flags.StringArray(f.name, nil, f.usage)
	default:
		flags.String(f.name, "", f.usage)
	}
	if f.required {
		if err := cmd.MarkFlagRequired(f.name); err != nil {
			panic(err) // the flag was added on the lines above
		}
	}
}

func (a *ramAction) command(c *client) *cobra.Command {
	cmd := &cobra.Command{Use: a.use, Short: a.short, Example: a.example}
	arguments := strings.Fields(a.arguments)
	cmd.Args = cobra.ExactArgs(len(arguments))
	for _, f := range a.flags {
		f.add(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if c.output != "json" && c.output != "table" {
			return fmt.Errorf("unknown output %q: use json or table", c.output)
		}
		if err := c.open(); err != nil {
			return err
		}
		params := url.Values{}
		for name, value := range a.fixed {
			params.Set(name, value)
		}
		for i, name := range arguments {
			params.Set(name, args[i])
		}
		for _, f := range a.flags {
			if err := f.fill(cmd, params); err != nil {
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
		if c.output == "table" {
			return printTable(cmd.OutOrStdout(), answer)
		}
		return printJSON(cmd.OutOrStdout(), answer)
	}
	return cmd
}

func (f ramFlag) fill(cmd *cobra.Command, params url.Values) error {
	if !cmd.Flags().Changed(f.name) || f.parameter == "" {
		return nil
	}
	switch flag := cmd.Flags().Lookup(f.name); {
	case f.value != "":
		if flag.Value.String() == "true" {
			params.Set(f.parameter, f.value)
		}
	case f.many, f.tags:
		values, err := cmd.Flags().GetStringArray(f.name)
		if err != nil {
			return err
		}
		for i, value := range values {
			name := fmt.Sprintf("%s.%d", f.parameter, i+1)
			if f.tags {
				key, value, _ := strings.Cut(value, "=")
				params.Set(name+".Key", key)
				params.Set(name+".Value", value)
			} else {
				params.Set(name, value)
			}
		}
	case f.file:
		text, err := os.ReadFile(flag.Value.String())
		if err != nil {
			return err
		}
		params.Set(f.parameter, string(text))
	default:
		params.Set(f.parameter, flag.Value.String())
	}
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
