package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ossd/backup"
)

func newRestore() *cobra.Command {
	var o careOptions
	var from string
	var verify bool
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Bring back a backup, or verify it",
		Long: `Copy a backup into a new directory, from which ossd serve serves it then. Every byte is verified; files that are
damaged are named, and what was restored does not look complete then. The directory must be empty or not exist.`,
		Example: `  ossd restore --from /mnt/backup/ossd --data /srv/ossd
  ossd restore --from /mnt/backup/ossd --verify-only`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rate, err := parseRate("--rate", o.rate)
			switch {
			case err != nil:
				return err
			case from == "":
				return errors.New("--from names the directory of the backup")
			case verify == (o.data != ""):
				return errors.New("give either --data, a new directory to restore into, or --verify-only")
			}
			return o.restore(cmd, backup.Restoring{From: from, To: o.data, Last: "FORMAT", Rate: rate})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "directory of the backup")
	cmd.Flags().StringVar(&o.data, "data", "", "directory to restore into: empty, or made if need be")
	cmd.Flags().BoolVar(&verify, "verify-only", false, "read the backup and verify it, and restore nothing")
	o.rateFlag(cmd, "0")
	o.flags(cmd)
	return cmd
}

func (o *careOptions) restore(cmd *cobra.Command, c backup.Restoring) error {
	verb := "restoring"
	if c.To == "" {
		verb = "verifying"
	}
	r := o.report(cmd, verb, sizeText)
	c.Progress = r.progress.update
	restored, err := backup.Restore(cmd.Context(), c)
	if err != nil {
		r.progress.clear()
		if r.json && len(restored.Damaged) > 0 {
			r.line(map[string]any{"result": restored})
		}
		for _, file := range restored.Damaged {
			if !r.json {
				fmt.Fprintln(r.out, "damaged   ", file)
			}
		}
		return explainRestore(c, err)
	}
	r.result(restored, func(out io.Writer) {
		when := restored.Time.Local().Format("2006-01-02 15:04:05")
		if c.To == "" {
			fmt.Fprintf(out, "%d files, %s, of %s: all are what was written\n", restored.Files, sizeText(restored.Bytes), when)
			return
		}
		fmt.Fprintf(out, "%d files, %s, as of %s\n", restored.Files, sizeText(restored.Bytes), when)
		if !restored.Secrets {
			fmt.Fprintf(out, "The master key was not in the backup: put your copy at %s/master.key before you start the server, or give it by --master-key-file. Likewise credentials and tls/.\n", c.To)
		}
		fmt.Fprintf(out, "Start it by: ossd serve --data %s\n", c.To)
	})
	return nil
}

func explainRestore(c backup.Restoring, err error) error {
	if c.To != "" && errors.Is(err, backup.ErrDamaged) {
		return fmt.Errorf("%w; %s is no store, remove it and use another backup", err, c.To)
	}
	return err
}
