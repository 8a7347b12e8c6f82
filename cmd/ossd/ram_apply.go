package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// applyOptions are the flags of ram apply.
type applyOptions struct {
	file        string
	dryRun, yes bool
}

// newRAMApply brings an account to a declared state, once the difference was seen.
func newRAMApply(c *client) *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Bring users, groups, roles, policies and buckets to what a file declares",
		Long: `Bring users, groups, access keys, roles, policies, attachments and buckets to what a file declares, and show first what that
changes. The file is one that "ossd serve --bootstrap" reads, in YAML or JSON. What it does not name is left alone: nothing is
deleted or detached.

Other accounts than one's own are for the server's first account to declare. RAM users need the permission
ossd:ApplyDeclaration, and those of all that is declared, such as ram:CreateUser and oss:PutBucket.`,
		Example: `  ossd ram apply -f access.yaml
  ossd ram apply -f access.yaml --dry-run
  generate-access | ossd ram apply -f - --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, c) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "file with the declaration; - for standard input")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would change, and change nothing")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag was added above
	}
	return cmd
}

func (o *applyOptions) run(cmd *cobra.Command, c *client) error {
	text, err := o.read(cmd.InOrStdin())
	if err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	planned, err := o.send(cmd, c, text, true)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	open := printChanges(out, planned, map[string]string{"created": "+ create", "updated": "~ update"})
	switch {
	case open == 0:
		fmt.Fprintln(out, "Nothing to change.")
		return nil
	case o.dryRun:
		return nil
	case !o.yes:
		if o.file == "-" {
			return errors.New("the declaration came from standard input, so nobody can be asked: add --yes, or --dry-run")
		}
		if !ask(cmd.InOrStdin(), out, fmt.Sprintf("Make these %d changes? [y/N] ", open)) {
			return errors.New("nothing was changed")
		}
	}
	done, err := o.send(cmd, c, text, false)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Done:")
	printChanges(out, done, map[string]string{"created": "created", "updated": "updated"})
	return nil
}

func (o *applyOptions) read(stdin io.Reader) ([]byte, error) {
	if o.file == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(o.file)
}

func (o *applyOptions) send(cmd *cobra.Command, c *client, text []byte, dryRun bool) ([]change, error) {
	answer, err := c.call(cmd.Context(), ossdAPI, "ApplyDeclaration", url.Values{"Declaration": {string(text)}, "DryRun": {strconv.FormatBool(dryRun)}})
	if err != nil {
		return nil, err
	}
	var done struct{ Changes []change }
	if err := json.Unmarshal(answer, &done); err != nil {
		return nil, fmt.Errorf("the answer is no JSON: %w", err)
	}
	return done.Changes, nil
}

// change is one entity that was, or would be, made or changed.
type change struct{ Action, Entity, Account, Name string }

// printChanges prints those whose action has a word, and counts them.
func printChanges(out io.Writer, all []change, words map[string]string) (n int) {
	for _, one := range all {
		word, ok := words[one.Action]
		if !ok {
			continue
		}
		n++
		fmt.Fprintf(out, "  %s %s %s", word, one.Entity, printable(one.Name))
		if one.Entity != "account" {
			fmt.Fprintf(out, " in account %s", one.Account)
		}
		fmt.Fprintln(out)
	}
	return n
}

// ask wants a yes.
func ask(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprint(out, question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(out)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}
