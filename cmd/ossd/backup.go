package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ossd/care"
)

func newBackup() *cobra.Command {
	var o careOptions
	var to string
	var secrets bool
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Back up a store, also while its server runs",
		Long: `Copy a store as it is at one instant to another directory, on another disk. It works while the server runs, and
nobody waits for it; the server frees no space until it has ended. Run it as the user who runs the server.

When the directory has a backup of the store already, only what is new is copied. Until the new backup is complete
the old one stays what it is, whatever happens. ossd restore brings a backup back and verifies every byte.

Left out are the audit log and, unless --include-master-key is given, all that lets others be this server: the master
key, the credentials file and the certificate authority in tls/. Keep copies of these elsewhere.`,
		Example: `  ossd backup --to /mnt/backup/ossd
  ossd backup --data /srv/ossd --to /mnt/backup/ossd --include-master-key --rate 50MB/s`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rate, err := parseRate("--rate", o.rate)
			if err != nil {
				return err
			}
			if to == "" {
				return errors.New("--to names the directory of the backup")
			}
			if within(to, o.data) {
				return fmt.Errorf("--to %s lies in the data directory, and would be lost with it; choose another one", to)
			}
			return o.backUp(cmd, care.Backup{Data: o.data, To: to, Secrets: secrets, Rate: rate})
		},
	}
	o.dataFlag(cmd)
	cmd.Flags().StringVar(&to, "to", "", "directory of the backup; made if need be")
	cmd.Flags().BoolVar(&secrets, "include-master-key", false, "copy master.key, credentials and tls/ as well: whoever reads the backup may do everything")
	o.rateFlag(cmd, "0")
	o.flags(cmd)
	return cmd
}

func (o *careOptions) backUp(cmd *cobra.Command, b care.Backup) error {
	k, err := o.open(cmd.Context())
	if err != nil {
		return err
	}
	defer k.Close()
	r := o.report(cmd, "backing up", sizeText)
	b.Progress = r.progress.update
	made, err := care.BackUp(cmd.Context(), k, b)
	if err != nil {
		r.progress.clear()
		if cmd.Context().Err() != nil {
			return fmt.Errorf("interrupted; an earlier backup in %s is still what it was", b.To)
		}
		return err
	}
	r.result(made, func(out io.Writer) {
		fmt.Fprintf(out, "%d files, %s, of which %d, %s, were copied now; %d copies were no longer needed\n",
			made.Files, sizeText(made.Bytes), made.CopiedFiles, sizeText(made.CopiedBytes), made.Removed)
		if made.Warning != "" {
			fmt.Fprintln(out, "warning:", made.Warning)
		}
		fmt.Fprintf(out, "%s can be restored by: ossd restore --from %s --data NEWDIR\n", b.To, b.To)
		if b.Secrets {
			fmt.Fprintln(out, "The master key is in it: whoever reads the backup may do everything. Guard it as the data directory itself.")
		} else {
			fmt.Fprintln(out, "The master key is not in it, nor are credentials and tls/: keep copies elsewhere. Without master.key no access key of the backup works again.")
		}
	})
	return nil
}

// within tells whether a path is a directory or lies below it, also by way of links.
func within(path, dir string) bool {
	path, errPath := resolve(path)
	dir, errDir := resolve(dir)
	rel, err := filepath.Rel(dir, path)
	return errPath == nil && errDir == nil && err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolve follows the links in a path, whose end need not exist yet.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path {
		return real, err
	}
	parent, err := resolve(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}
