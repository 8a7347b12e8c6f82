package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// newRAMDecodeMessage asks the server what stands behind a denial.
func newRAMDecodeMessage(c *client) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "decode-message TEXT",
		Short: "Tell why a request was denied, from the message in its error",
		Long: `Decode the EncodedDiagnosticMessage that is in the error of a denied request: who asked for what, which statements decided,
which nearly allowed it, and what the request had for their conditions. All of it is as it was when the request was denied.

TEXT is the message, or the whole error in XML or JSON, or the header x-oss-err; - reads it from the standard input. Only
messages about users and roles of the own account can be decoded. RAM users need the permission ram:DecodeDiagnosticMessage.`,
		Example: `  ossd ram decode-message AQIBAAE…
  ossd ram decode-message - < error.xml
  ossd ram decode-message --output json "$MESSAGE"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("--output %q: there are text and json", output)
			}
			text := args[0]
			if text == "-" {
				read, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxAnswer))
				if err != nil {
					return err
				}
				text = string(read)
			}
			message, err := findMessage(text)
			if err != nil {
				return err
			}
			if err := c.open(); err != nil {
				return err
			}
			answer, err := c.call(cmd.Context(), ramAPI, "DecodeDiagnosticMessage", url.Values{"EncodedDiagnosticMessage": {message}})
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), answer)
			}
			return printDenial(cmd.OutOrStdout(), answer)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// messageElement finds the message in XML, in JSON, also where that is quoted once
// more, and in the way programs print a dictionary.
var messageElement = regexp.MustCompile(`EncodedDiagnosticMessage[\\"'\s:=>]+([A-Za-z0-9+/\\=]+)`)

// findMessage returns the message that an error or a text of its own holds.
func findMessage(text string) (string, error) {
	text = strings.TrimSpace(text)
	if document, err := base64.StdEncoding.DecodeString(text); err == nil && strings.HasPrefix(string(document), "<") {
		text = string(document) // the answer to a HEAD carries it so
	}
	if found := messageElement.FindStringSubmatch(text); found != nil {
		return strings.ReplaceAll(found[1], `\`, ""), nil // JSON may escape a slash
	}
	if strings.ContainsAny(text, `<>{}`) {
		return "", errors.New("the error has no EncodedDiagnosticMessage: only those that deny something to a RAM user or a role session do")
	}
	return strings.Join(strings.Fields(text), ""), nil // lines were broken on the way
}

func printDenial(out io.Writer, answer json.RawMessage) error {
	var a struct {
		DecodedDiagnosticMessage struct {
			AuthPrincipal struct {
				AuthPrincipalType, AuthPrincipalOwnerId, AuthPrincipalDisplayName string
			}
			AuthConditions []struct {
				ConditionKey    string
				ConditionValues []string
			}
			MatchedPolicies []struct {
				PolicyIdentifier, PolicyType, PolicyVersion, Effect, AttachedEntityType string
			}
			DeniedRequestId, DeniedTime, Reason string
			Changes                             []string
			Truncated                           bool
		}
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	m := &a.DecodedDiagnosticMessage
	line := func(format string, args ...any) { fmt.Fprintln(out, printable(fmt.Sprintf(format, args...))) }
	p := &m.AuthPrincipal
	line("deny: %s %s of account %s", p.AuthPrincipalType, p.AuthPrincipalDisplayName, p.AuthPrincipalOwnerId)
	line("%s", m.Reason)
	line("request %s at %s", m.DeniedRequestId, m.DeniedTime)
	heading := func(text string, n int) {
		if n > 0 {
			fmt.Fprintln(out, "\n"+text)
		}
	}
	heading("Denied by:", len(m.MatchedPolicies))
	for _, p := range m.MatchedPolicies {
		text := p.PolicyIdentifier
		if p.PolicyType != "" {
			text = strings.ToLower(p.PolicyType) + " policy " + strings.TrimSpace(text+" "+p.PolicyVersion)
		}
		if p.AttachedEntityType != "" {
			text += ", attached to a " + p.AttachedEntityType
		}
		line("  %s", text)
	}
	heading("The request had:", len(m.AuthConditions))
	for _, c := range m.AuthConditions {
		if len(c.ConditionValues) == 0 {
			line("  no %s", c.ConditionKey)
			continue
		}
		line("  %s = %s", c.ConditionKey, strings.Join(c.ConditionValues, ", "))
	}
	heading("Nearly:", len(m.Changes))
	for _, change := range m.Changes {
		line("  %s", change)
	}
	if m.Truncated {
		fmt.Fprintln(out, "\nThere was more than the message had room for.")
	}
	return nil
}
