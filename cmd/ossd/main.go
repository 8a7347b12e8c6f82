// Command ossd serves OSS, STS and RAM on one's own machine, and is their
// client. Each subcommand is one file; serve.go starts the server; backup,
// restore, check, scrub and migrate look after its data directory; the others speak its
// public APIs like any client and know nothing of what lies behind.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "ossd:", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "ossd",
		Short:         "Alibaba Cloud OSS, STS and RAM on your own machine",
		Long:          "ossd serves Alibaba Cloud's OSS, STS and RAM on your own machine; the official SDKs talk to it unchanged.",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newServe(), newSign(), newExplain(), newAssumeRole(), newRAM(), newAudit(), newAccount(), newAdmin(),
		newBackup(), newRestore(), newCheck(), newScrub(), newMigrate())
	return root
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
