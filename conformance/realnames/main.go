//go:build linux

// Command realnames runs a client that insists on the service's public names
// (bucket.oss-cn-hangzhou.aliyuncs.com, sts.aliyuncs.com, HTTPS) unchanged against
// an ossd on this machine. It knows neither the client's language nor what the
// client asks for, and nothing it does is visible outside its own namespaces.
//
//	realnames -server bin/ossd -- python3 upload.py
//
// In a new network and mount namespace, whose only interface is loopback, every DNS
// name is 127.0.0.1, ossd listens on the ports that the public service has, and
// the variables by which clients find certificates name ossd's own authority.
//
// The exit status is that of the client, with these exceptions: 77 when the machine
// forbids namespaces, 125 when realnames or ossd failed, 2 for wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"
)

const (
	statusUsage     = 2
	statusForbidden = 77
	statusFailed    = 125
)

// insideVariable tells the program, started again in the namespaces, that it is there.
const insideVariable = "REALNAMES_INSIDE"

// errForbidden wraps every refusal that comes from the machine's policy (a container
// without the capability, a limit of zero namespaces) and not from a mistake of ours.
var errForbidden = errors.New("this machine forbids namespaces")

// stopGrace is how long a process may take to end after SIGTERM before it is killed.
const stopGrace = 10 * time.Second

type options struct {
	server      string
	serverFlags []string
	data        string
	region      string
	ready       time.Duration
	command     []string
}

func main() {
	// Pdeathsig is sent when the thread that started the child ends, so this one must stay.
	runtime.LockOSThread()
	opts, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "realnames:", err)
		os.Exit(statusUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stage := outside
	if os.Getenv(insideVariable) != "" {
		stage = func(ctx context.Context) error { return inside(ctx, opts) }
	}
	os.Exit(status(stage(ctx)))
}

func parse(args []string) (options, error) {
	var opts options
	flags := flag.NewFlagSet("realnames", flag.ExitOnError)
	flags.StringVar(&opts.server, "server", "", "the ossd program (required)")
	flags.StringVar(&opts.data, "data", "", "ossd's directory (default: a temporary one)")
	flags.StringVar(&opts.region, "region", "cn-hangzhou", "the region whose names are served")
	flags.DurationVar(&opts.ready, "ready", 30*time.Second, "how long ossd may take to be ready")
	flags.Func("server-flag", "one more argument for `ossd serve`, repeatable", func(s string) error {
		opts.serverFlags = append(opts.serverFlags, s)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	opts.command = flags.Args()
	if opts.server == "" || len(opts.command) == 0 {
		return options{}, errors.New("usage: realnames -server OSSD [flags] -- COMMAND…")
	}
	return opts, nil
}

// outside starts this program again, with the same arguments, in new namespaces.
func outside(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := command(ctx, self, os.Args[1:])
	cmd.WaitDelay = 3 * stopGrace // it has a client and a server to stop
	cmd.Stdin = os.Stdin
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		// Only root may make these namespaces directly; anybody may inside a user namespace.
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return forbidden("clone", err)
	}
	return cmd.Wait()
}

// command prepares a child that writes where we write, gets SIGTERM when ctx ends and
// dies with us.
func command(ctx context.Context, name string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	return cmd
}

// forbidden marks err with errForbidden if it is one that a policy causes. ENOSPC and
// EUSERS are how the kernel reports a limit on the number of namespaces.
func forbidden(what string, err error) error {
	causes := []error{syscall.EPERM, syscall.EACCES, syscall.ENOSPC, syscall.EUSERS, syscall.EINVAL, syscall.ENOSYS}
	if slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) }) {
		return fmt.Errorf("%w: %s: %w", errForbidden, what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// status turns the outcome into the exit status and says on standard error what went
// wrong, unless a child has said so already.
func status(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return 128 + int(ws.Signal()) // as shells do
		}
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "realnames:", err)
	if errors.Is(err, errForbidden) {
		return statusForbidden
	}
	return statusFailed
}
