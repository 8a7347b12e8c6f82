package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/audit"
)

// auditOptions are the flags of the commands below audit.
type auditOptions struct {
	data, output, since, until string
	filter                     audit.Filter
}

func newAudit() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read the log of who did what",
		Long: `Read the audit log: one record of every request, who made it, on what, how it was decided and by which policy.

The log lies in the data directory, as JSON lines in audit/audit.jsonl and, when that has grown, beside it. It is
read from there, so that these commands run where the server runs.`,
		Example: `  ossd audit tail --follow
  ossd audit search --denied --since 1h
  ossd audit search --bucket photos --key 2026/ --output json`,
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.data, "data", env("OSSD_DATA", defaultData), "data directory")
	f.StringVarP(&o.output, "output", "o", "table", "table or json")
	f.StringVar(&o.filter.API, "api", "", "only this API: oss, sts, ram")
	f.StringVar(&o.filter.Operation, "operation", "", "only this operation, as GetObject")
	f.StringVar(&o.filter.Principal, "principal", "", "only callers whose ARN has this in it, as user/alice; anonymous")
	f.StringVar(&o.filter.AccessKeyID, "access-key", "", "only this access key")
	f.StringVar(&o.filter.Bucket, "bucket", "", "only this bucket")
	f.StringVar(&o.filter.KeyPrefix, "key", "", "only object keys that begin with this")
	f.StringVar(&o.filter.SourceIP, "source-ip", "", "only clients of this address")
	f.StringVar(&o.filter.RequestID, "request-id", "", "only this request")
	f.StringVar(&o.filter.Code, "code", "", "only this error code, as NoSuchKey")
	f.IntVar(&o.filter.Status, "status", 0, "only this HTTP status")
	f.BoolVar(&o.filter.Failed, "failed", false, "only requests that failed")
	f.Bool("denied", false, "only requests that were denied")
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return o.check(cmd) }
	cmd.AddCommand(o.newTail(), o.newSearch())
	return cmd
}

func (o *auditOptions) check(cmd *cobra.Command) error {
	if o.output != "table" && o.output != "json" {
		return fmt.Errorf("--output %q: there are table and json", o.output)
	}
	denied, err := cmd.Flags().GetBool("denied")
	if denied {
		o.filter.Decision = "deny"
	}
	return err
}

func (o *auditOptions) newTail() *cobra.Command {
	var last int
	var follow bool
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Show the newest records",
		Example: `  ossd audit tail -n 50
  ossd audit tail --follow --bucket photos`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if last < 0 {
				return fmt.Errorf("-n %d: a number of records cannot be negative", last)
			}
			return o.tail(cmd.Context(), cmd.OutOrStdout(), last, follow)
		},
	}
	cmd.Flags().IntVarP(&last, "lines", "n", 20, "how many")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is written from now on")
	return cmd
}

func (o *auditOptions) newSearch() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Find records",
		Example: `  ossd audit search --principal user/alice --since 24h
  ossd audit search --since 2026-11-01T00:00:00Z --until 2026-11-02T00:00:00Z --failed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.search(cmd.Context(), cmd.OutOrStdout()) },
	}
	cmd.Flags().StringVar(&o.since, "since", "", "only from then on: a time as 2026-11-24T12:00:00Z, or how long ago, as 90m")
	cmd.Flags().StringVar(&o.until, "until", "", "only before then, likewise")
	return cmd
}

func (o *auditOptions) tail(ctx context.Context, out io.Writer, last int, follow bool) error {
	var newest []string
	if last > 0 {
		err := audit.Search(ctx, o.dir(), o.filter, func(l audit.Line) error {
			if newest = append(newest, o.format(l)); len(newest) > last {
				newest = newest[1:]
			}
			return nil
		})
		if err := o.explain(err); err != nil {
			return err
		}
	}
	for _, line := range newest {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	if !follow {
		return nil
	}
	return audit.Follow(ctx, o.dir(), o.filter, func(l audit.Line) error {
		_, err := fmt.Fprintln(out, o.format(l))
		return err
	})
}

func (o *auditOptions) search(ctx context.Context, out io.Writer) (err error) {
	if o.filter.Since, err = moment("--since", o.since); err != nil {
		return err
	}
	if o.filter.Until, err = moment("--until", o.until); err != nil {
		return err
	}
	return o.explain(audit.Search(ctx, o.dir(), o.filter, func(l audit.Line) error {
		_, err := fmt.Fprintln(out, o.format(l))
		return err
	}))
}

func (o *auditOptions) dir() string { return filepath.Join(o.data, "audit") }

func (o *auditOptions) explain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no audit log in %s: --data names the directory of the server", o.dir())
	}
	return err
}

// moment reads a time, or how long ago it was; zero for nothing.
func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return time.Now().Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s %q: write a time as 2026-11-24T12:00:00Z, or how long ago as 90m", flag, text)
	}
	return t, nil
}

// format is a record on one line.
func (o *auditOptions) format(l audit.Line) string {
	if o.output == "json" {
		return string(l.Text)
	}
	who := l.Principal
	if who == "" {
		who = "anonymous"
	}
	what := l.Resource
	if l.Bucket != "" {
		what = "oss://" + l.Bucket
		if l.Key != "" {
			what += "/" + printable(l.Key)
		}
	}
	fields := []string{l.Time.UTC().Format("2006-01-02T15:04:05.000Z"), strconv.Itoa(l.Status), dash(l.Operation), who, dash(what), dash(l.SourceIP)}
	if l.Decision == "deny" {
		fields = append(fields, "denied:"+l.Reason)
	}
	if l.Code != "" {
		fields = append(fields, l.Code)
	}
	return strings.Join(append(fields, l.RequestID), "  ")
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
