package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

// newRAMExplain is a question to the server's simulator.
func newRAMExplain(c *client) *cobra.Command {
	var principal, action, resource, output string
	var context []string
	cmd := &cobra.Command{
		Use:   "explain --principal P --action A --resource R",
		Short: "Tell whether somebody may do something, by which statement, and what would have to change",
		Long: `Ask the server how a request would be decided: the policies of the user or role, the bucket's policy and the access
control lists of bucket and object are all looked at, as they are now. A role is asked as a session without a session policy.

RAM users need the permission ossd:SimulateAccess to ask.`,
		Example: `  ossd ram explain --principal alice --action oss:GetObject --resource oss://photos/2026/a.jpg
  ossd ram explain --principal role/uploader --action oss:PutObject --resource oss://photos/a --context acs:SourceIp=192.0.2.7
  ossd ram explain --principal anonymous --action oss:ListObjects --resource oss://photos
  ossd ram explain --principal alice --action sts:AssumeRole --resource acs:ram:*:1234567890123456:role/uploader`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("--output %q: there are text and json", output)
			}
			if err := c.open(); err != nil {
				return err
			}
			params := url.Values{"Principal": {principal}, "AskedAction": {action}, "Resource": {resource}}
			if len(context) > 0 {
				params.Set("Context", strings.Join(context, "\n"))
			}
			answer, err := c.call(cmd.Context(), ossdAPI, "SimulateAccess", params)
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), answer)
			}
			return printSimulation(cmd.OutOrStdout(), answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&principal, "principal", "", "user name, role/NAME, root, anonymous, or an ARN")
	f.StringVar(&action, "action", "", "as oss:GetObject")
	f.StringVar(&resource, "resource", "", "oss://BUCKET/KEY, or an ARN")
	f.StringArrayVar(&context, "context", nil, "condition key and value, as acs:SourceIp=192.0.2.7; may be given several times")
	f.StringVarP(&output, "output", "o", "text", "text or json")
	for _, name := range []string{"principal", "action", "resource"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was added above
		}
	}
	return cmd
}

func printSimulation(out io.Writer, answer json.RawMessage) error {
	var s struct {
		Principal, Decision, Reason string
		Changes                     []string
	}
	if err := json.Unmarshal(answer, &s); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	fmt.Fprintf(out, "%s: %s\n", s.Decision, printable(s.Principal))
	fmt.Fprintln(out, printable(s.Reason))
	if s.Decision == "deny" && len(s.Changes) > 0 {
		fmt.Fprintln(out, "\nNearly:")
	}
	for _, change := range s.Changes {
		fmt.Fprintln(out, "  "+printable(change))
	}
	return nil
}
