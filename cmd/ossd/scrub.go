package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newScrub() *cobra.Command {
	var o careOptions
	cmd := &cobra.Command{
		Use:   "scrub",
		Short: "Read all bytes of a store and verify their checksums",
		Long: `Read the content of every object, version and part, and verify what was noted when it was written: the engine's
checksums, the length and the CRC64. It works while the server runs, which it asks then. It deletes and changes nothing:
what is damaged is printed, one a line, makes the exit status 1, and is remembered for ossd check and the metrics until
it is whole again, replaced or deleted. Reading it is refused.

A server scrubs by itself, once a week: see ossd serve --scrub-interval.`,
		Example: `  ossd scrub
  ossd scrub --data /srv/ossd --rate 500MB/s`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rate, err := parseRate("--rate", o.rate)
			if err != nil {
				return err
			}
			k, err := o.open(cmd.Context())
			if err != nil {
				return err
			}
			defer k.Close()
			r := o.report(cmd, "scrubbing", sizeText)
			scrubbed, err := k.Scrub(cmd.Context(), rate, r.watch())
			if err != nil {
				r.progress.clear()
				return err
			}
			r.result(scrubbed, func(out io.Writer) {
				fmt.Fprintf(out, "%d objects, versions and parts, %s: %d damaged\n", scrubbed.Objects, sizeText(scrubbed.Bytes), scrubbed.Damaged)
			})
			return r.wrong("bring back the damaged files from a backup, or delete or upload these objects again")
		},
	}
	o.dataFlag(cmd)
	o.rateFlag(cmd, "100MB/s")
	o.flags(cmd)
	return cmd
}
