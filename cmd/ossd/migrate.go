package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/care"
	"ossd/migrate"
)

func newMigrate() *cobra.Command {
	var o careOptions
	var metadata, blobs, verify string
	var skip, copyOnly bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Move a store from its directory to PostgreSQL and an S3-compatible store",
		Long: `Move a store from its data directory to where any number of servers can share it. docs/cluster.md says more.

Run it twice. While the server runs, it copies what is there and what is written meanwhile; nobody waits for it. When
that is done it says so: stop the server, and run the same command again. It copies what is new, compares all rows,
puts the directory out of use, and prints how to start the new servers. Nothing is served in between.

It may be interrupted at any time, by whatever: run it again, and it goes on. The directory stays what it was until
the very end, and serves as before when you start its server again. Run it as the user who runs the server.

Nothing else may be in the database's schema or below the bucket's prefix. Credentials: PGPASSWORD or a password file,
OSSD_S3_ACCESS_KEY_ID and OSSD_S3_SECRET_ACCESS_KEY (or AWS_…), in this command's environment.`,
		Example: `  ossd migrate --from ./ossd-data --to-metadata postgres://ossd@db.example.com/ossd --to-blobs 's3://contents?endpoint=https://s3.example.com'
  ossd migrate --from /srv/ossd --to-metadata "$OSSD_METADATA" --to-blobs "$OSSD_BLOBS" --rate 50MB/s --verify full`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m := care.Migration{Verify: migrate.Verify(verify), SkipDamaged: skip, CopyOnly: copyOnly}
			var err error
			if m.Rate, err = parseRate("--rate", o.rate); err != nil {
				return err
			}
			if !m.Verify.Valid() {
				return fmt.Errorf("--verify %q: there are rows, lengths and full", verify)
			}
			if metadata == "" || blobs == "" {
				return errors.New("--to-metadata and --to-blobs say where the store goes")
			}
			if m.To, err = migrate.NewTarget(metadata, blobs); err != nil {
				return err
			}
			return o.migrate(cmd, m)
		},
	}
	f := cmd.Flags()
	o.dataName = "--from"
	f.StringVar(&o.data, "from", env("OSSD_DATA", defaultData), "data directory that the store is in; its server may be running")
	f.StringVar(&metadata, "to-metadata", env("OSSD_METADATA", ""), "where rows go, as postgres://user@host/database")
	f.StringVar(&blobs, "to-blobs", env("OSSD_BLOBS", ""), "where contents go, as s3://bucket/prefix?endpoint=https://s3.example.com")
	f.StringVar(&verify, "verify", string(migrate.VerifyRows), "rows: compare all rows in the end; lengths: also ask for the length of every content; full: also read all contents, here and there")
	f.BoolVar(&skip, "skip-damaged", false, "move although some contents cannot be read: they are lost, which the new servers know")
	f.BoolVar(&copyOnly, "copy-only", false, "leave the store where it is, even if its server does not run, as it may not for a moment: for scripts")
	o.rateFlag(cmd, "0")
	o.flags(cmd)
	return cmd
}

func (o *careOptions) migrate(cmd *cobra.Command, m care.Migration) error {
	k, err := o.open(cmd.Context())
	if err != nil {
		return err
	}
	defer k.Close()
	r := o.report(cmd, "", nil)
	watch := r.watch()
	watch.Moving = stages(r.progress)
	moved, err := k.Migrate(cmd.Context(), m, watch)
	if err != nil {
		r.progress.clear()
		return o.explainMigrate(cmd, m, err)
	}
	r.result(moved, func(out io.Writer) { o.sayMoved(out, m, moved) })
	return nil
}

// stages shows each stage of a migration by a progress of its own.
func stages(p *progress) func(migrate.Progress) {
	var at migrate.Progress
	return func(now migrate.Progress) {
		if now.Stage != at.Stage || now.Pass != at.Pass {
			p.restart(fmt.Sprintf("pass %d: %s", now.Pass, now.Stage), func(n int64) string { return fmt.Sprint(n) })
		}
		at = now
		p.bytes = now.Bytes
		p.update(now.Done, now.Total)
	}
}

func (o *careOptions) explainMigrate(cmd *cobra.Command, m care.Migration, err error) error {
	switch {
	case cmd.Context().Err() != nil:
		return errors.New("interrupted; what was copied stays there, and the same command goes on with the rest")
	case says(err, migrate.ErrInUse), says(err, migrate.ErrMoved):
		return err
	case says(err, migrate.ErrDamaged):
		return fmt.Errorf("%w; all else has arrived in %s. Bring back what is damaged from a backup, or delete or upload these objects again, and run the command again; "+
			"or give these contents up with --skip-damaged. The directory may be served as before", err, m.To)
	}
	return fmt.Errorf("%w; what was copied stays there, and the same command goes on with the rest", err)
}

// says tells what an error is that may come from the server, which sends its text.
func says(err, what error) bool { return strings.Contains(err.Error(), what.Error()) }

func (o *careOptions) sayMoved(out io.Writer, m care.Migration, r migrate.Result) {
	if r.Passes > 0 {
		fmt.Fprintf(out, "copied: %d contents, %s, in %s; %d rows written, %d removed\n",
			r.Sum.Blobs, sizeText(r.Sum.Bytes), r.Sum.Took.Round(10*time.Millisecond), r.Sum.Written, r.Sum.Removed)
		if r.Repaired > 0 {
			fmt.Fprintf(out, "verifying found %d contents that had been lost or changed there; they were copied again\n", r.Repaired)
		}
	}
	if !r.Ended {
		o.sayStop(out, r)
		return
	}
	if r.Passes == 0 {
		fmt.Fprintf(out, "%s moved there at %s already\n", o.data, r.At.Local().Format("2006-01-02 15:04:05"))
	} else {
		fmt.Fprintf(out, "all %d rows are the same in both; %s has moved, and is no longer served\n", r.Rows, o.data)
	}
	fmt.Fprintf(out, "Start the new servers, each with a data directory of its own, by:\n  ossd serve --data NEWDIR --metadata '%s' --blobs '%s' --master-key-file COPY\n",
		migrate.Redacted(m.To.Metadata), migrate.Redacted(m.To.Blobs))
	fmt.Fprintf(out, "with the credentials of both in their environment, and with a COPY of %s.\n", o.masterKeyName())
	fmt.Fprintf(out, "Keep %s until you are content. To serve from it again instead: remove %s.\n", o.data, filepath.Join(o.data, "moved.json"))
}

func (o *careOptions) sayStop(out io.Writer, r migrate.Result) {
	if r.Damaged > 0 {
		fmt.Fprintf(out, "%d contents cannot be read, see above: the store does not move before they are mended, replaced or deleted, unless with --skip-damaged\n", r.Damaged)
	}
	fmt.Fprintf(out, "the last of %d passes copied %d contents, %s, and %d rows in %s: about as much is left when you stop the server\n",
		r.Passes, r.Last.Blobs, sizeText(r.Last.Bytes), r.Last.Written+r.Last.Removed, r.Last.Took.Round(10*time.Millisecond))
	fmt.Fprintln(out, "Stop the server now, and run the same command again to move the store; or leave it running, and run it again later.")
}

// masterKeyName says where the key is that seals the store's secrets.
func (o *careOptions) masterKeyName() string {
	name := filepath.Join(o.data, "master.key")
	if _, err := os.Stat(name); err != nil {
		return "the master key that the server had by --master-key-file or OSSD_MASTER_KEY"
	}
	return name
}
