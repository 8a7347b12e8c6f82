package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/care"
	"ossd/internal/durable"
	"ossd/server"
)

// careOptions are the flags that backup, check, migrate, restore and scrub share.
type careOptions struct {
	data, output, rate string
	dataName           string // the flag that data comes from
}

func (o *careOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "text or json: findings one a line, the result last")
	cmd.Args = cobra.NoArgs
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.output != "text" && o.output != "json" {
			return fmt.Errorf("--output %q: there are text and json", o.output)
		}
		return run(cmd, args)
	}
}

func (o *careOptions) dataFlag(cmd *cobra.Command) {
	o.dataName = "--data"
	cmd.Flags().StringVar(&o.data, "data", env("OSSD_DATA", defaultData), "data directory; its server may be running")
}

func (o *careOptions) rateFlag(cmd *cobra.Command, otherwise string) {
	cmd.Flags().StringVar(&o.rate, "rate", otherwise, "how much is read a second, as 100MB/s; 0: as much as goes")
}

// startPatience is how long a server that has just taken the directory may take to answer.
const startPatience = 5 * time.Second

// open returns who looks after the store: the server that has it open or, if there
// is none, this process.
func (o *careOptions) open(ctx context.Context) (care.Keeper, error) {
	local, err := server.OpenStopped(ctx, o.data, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err == nil {
		return local, nil
	}
	if !errors.Is(err, durable.ErrLocked) {
		return nil, fmt.Errorf("%w; %s names the directory of the server", err, o.dataName)
	}
	for begun := time.Now(); ; {
		running, err := care.Dial(ctx, o.data)
		if err == nil {
			return running, nil
		}
		if ctx.Err() != nil || time.Since(begun) > startPatience {
			return nil, fmt.Errorf("%s is in use, but no server answers there (%w): another command may be looking after it; try again when it has ended", o.data, err)
		}
		time.Sleep(startPatience / 50)
	}
}

// report writes what a job finds and ends with.
type report struct {
	out      io.Writer
	json     bool
	progress *progress
	found    int64
}

func (o *careOptions) report(cmd *cobra.Command, verb string, unit func(int64) string) *report {
	return &report{out: cmd.OutOrStdout(), json: o.output == "json", progress: newProgress(cmd.ErrOrStderr(), verb, unit)}
}

func (r *report) watch() care.Watch { return care.Watch{Found: r.finding, Progress: r.progress.update} }

func (r *report) finding(f care.Finding) {
	r.found++
	r.progress.clear()
	if r.json {
		r.line(map[string]any{"finding": f})
		return
	}
	fmt.Fprintln(r.out, findingText(f))
}

// line writes a line of JSON.
func (r *report) line(v any) { _ = json.NewEncoder(r.out).Encode(v) } // stdout that is gone is gone

// result ends the job. In text it is what say prints.
func (r *report) result(v any, say func(out io.Writer)) {
	r.progress.clear()
	if r.json {
		r.line(map[string]any{"result": v})
		return
	}
	say(r.out)
}

// findingText says what is wrong with what.
func findingText(f care.Finding) string {
	var where []string
	if f.Key != "" || f.Bucket != "" {
		where = append(where, "oss://"+f.Bucket+"/"+printable(f.Key))
	}
	if f.Version != "" && f.Version != "null" {
		where = append(where, "version "+f.Version)
	}
	if f.Part > 0 {
		where = append(where, fmt.Sprintf("upload %s part %d", f.Upload, f.Part))
	}
	if len(where) == 0 && f.Blob != "" {
		where = append(where, "blob "+f.Blob)
	}
	text := f.Text
	if f.File != "" {
		text += ", file " + f.File
	} else if f.Blob != "" {
		text += ", blob " + f.Blob
	}
	if len(where) == 0 {
		return fmt.Sprintf("%-9s  %s", f.Kind, text)
	}
	return fmt.Sprintf("%-9s  %s: %s", f.Kind, strings.Join(where, " "), text)
}

// wrong is the error of a job that found something.
func (r *report) wrong(advice string) error {
	if r.found == 0 {
		return nil
	}
	return fmt.Errorf("%d found: %s", r.found, advice)
}
