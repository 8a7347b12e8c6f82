package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ossd/care"
)

func newCheck() *cobra.Command {
	var o careOptions
	var orphanAge time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that the rows of a store and its bytes fit together",
		Long: `Check that every row's bytes are there, with the right length, that every byte has its row, and that rows do not
contradict one another. It works while the server runs, which it asks then; nothing is deleted meanwhile. It changes
nothing. What is wrong is printed, one a line, and makes the exit status 1.

It does not read the bytes themselves: ossd scrub does.`,
		Example: `  ossd check
  ossd check --data /srv/ossd --output json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := o.open(cmd.Context())
			if err != nil {
				return err
			}
			defer k.Close()
			r := o.report(cmd, "checking", func(n int64) string { return fmt.Sprint(n, " rows") })
			checked, err := k.Check(cmd.Context(), orphanAge, r.watch())
			if err != nil {
				r.progress.clear()
				return err
			}
			r.result(checked, func(out io.Writer) { sayChecked(out, checked) })
			return r.wrong("bring back what is missing or damaged from a backup, or delete or upload these objects again")
		},
	}
	o.dataFlag(cmd)
	cmd.Flags().DurationVar(&orphanAge, "orphan-age", 48*time.Hour, "how old bytes without a row must be to count as wrong")
	o.flags(cmd)
	return cmd
}

func sayChecked(out io.Writer, c care.Checked) {
	fmt.Fprintf(out, "%d buckets: %d objects, %d older versions, %d delete markers, %d uploads with %d parts, %s\n",
		c.Buckets, c.Objects, c.Versions, c.Markers, c.Uploads, c.Parts, sizeText(c.Bytes))
	fmt.Fprintf(out, "%d blobs, %s; %d deleted ones wait for the sweeper; without a row %d, and %d young ones that may be uploads\n",
		c.Blobs, sizeText(c.BlobBytes), c.Garbage, c.Orphans, c.Young)
	if c.Findings == 0 {
		fmt.Fprintln(out, "nothing is wrong")
	}
}
