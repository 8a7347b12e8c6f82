package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// plainValue is what keys, tokens and times consist of, and no shell takes for more.
var plainValue = regexp.MustCompile(`^[A-Za-z0-9+/=._:-]+$`)

func newAssumeRole() *cobra.Command {
	var (
		c          client
		session    string
		duration   time.Duration
		policyFile string
		output     string
		externalID string
		source     string
	)
	cmd := &cobra.Command{
		Use:   "assume-role ARN",
		Short: "Get temporary credentials of a role",
		Long: `Get temporary credentials that may do what the role may do, and no more than
the session policy allows if one is given, until they expire.

The access key must be a RAM user's (or a role's): account keys may not assume roles.`,
		Example: `  eval "$(ossd assume-role acs:ram::1234567890123456:role/uploader --session-name phone)"
  ossd assume-role acs:ram::1234567890123456:role/uploader --duration 15m --policy only-photos.json --output json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "env" && output != "json" {
				return fmt.Errorf("unknown output %q: use env or json", output)
			}
			if err := c.open(); err != nil {
				return err
			}
			params := url.Values{"RoleArn": {args[0]}, "RoleSessionName": {session}}
			if duration != 0 {
				params.Set("DurationSeconds", strconv.Itoa(int(duration.Seconds())))
			}
			if externalID != "" {
				params.Set("ExternalId", externalID)
			}
			if source != "" {
				params.Set("SourceIdentity", source)
			}
			if policyFile != "" {
				text, err := os.ReadFile(policyFile)
				if err != nil {
					return err
				}
				params.Set("Policy", string(text))
			}
			answer, err := c.call(cmd.Context(), stsAPI, "AssumeRole", params)
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), answer)
			}
			var got struct {
				Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration string }
			}
			if err := json.Unmarshal(answer, &got); err != nil {
				return err
			}
			// A shell will obey what is printed here, whoever answered.
			for _, v := range [][2]string{
				{"ALIBABA_CLOUD_ACCESS_KEY_ID", got.Credentials.AccessKeyId}, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", got.Credentials.AccessKeySecret},
				{"ALIBABA_CLOUD_SECURITY_TOKEN", got.Credentials.SecurityToken}, {"ALIBABA_CLOUD_SECURITY_TOKEN_EXPIRATION", got.Credentials.Expiration},
			} {
				if !plainValue.MatchString(v[1]) {
					return fmt.Errorf("the server answered something that is no %s", v[0])
				}
				fmt.Fprintf(cmd.OutOrStdout(), "export %s=%s\n", v[0], v[1])
			}
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&session, "session-name", "ossd", "name of the session, for the audit log and policies")
	cmd.Flags().DurationVar(&duration, "duration", 0, "life of the credentials, from 15m to the role's maximum (default 1h)")
	cmd.Flags().StringVar(&policyFile, "policy", "", "file with a session policy that narrows what the role may do")
	cmd.Flags().StringVar(&externalID, "external-id", "", "external id that the role's trust policy asks for")
	cmd.Flags().StringVar(&source, "source-identity", "", "who begins, for the audit log and policies; every session that follows keeps it")
	cmd.Flags().StringVarP(&output, "output", "o", "env", "env (shell exports) or json")
	return cmd
}
