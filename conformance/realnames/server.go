//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// readyLine begins the line by which ossd says, on standard output, that it answers.
const readyLine = "ossd: ready"

// server is a running ossd.
type server struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how it ended; valid once done is closed
}

// startServer starts ossd on the ports of the public service (and 8280, for clients
// that are told to use it) and returns when it is ready.
func startServer(ctx context.Context, opts options) (*server, error) {
	// Its life must not end with ctx: the client is stopped first.
	cmd := command(context.WithoutCancel(ctx), opts.server, serveArguments(opts))
	// ossd says more than one line at its start, once with a new secret: none of it is the client's output.
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("ossd: %w", err)
	}
	s := &server{cmd: cmd, done: make(chan struct{})}
	ready := make(chan struct{})
	go func() {
		defer close(s.done)
		if waitForLine(stdout, readyLine) {
			close(ready)
		}
		io.Copy(io.Discard, stdout)
		s.err = cmd.Wait()
	}()
	select {
	case <-ready:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("ossd ended before it was ready: %s", outcome(s.err))
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(opts.ready):
		err = fmt.Errorf("no line %q within %s", readyLine, opts.ready)
	}
	cmd.Process.Kill()
	<-s.done
	return nil, fmt.Errorf("ossd: %w", err)
}

func serveArguments(opts options) []string {
	names := []string{"sts.aliyuncs.com", "sts." + opts.region + ".aliyuncs.com", "ram.aliyuncs.com"}
	args := []string{
		"serve",
		"--data", opts.data,
		"--listen", "127.0.0.1:80,127.0.0.1:443,127.0.0.1:8280",
		"--domain", "oss-" + opts.region + ".aliyuncs.com",
		"--tls-name", strings.Join(names, ","),
		"--region", opts.region,
	}
	return append(args, opts.serverFlags...)
}

// waitForLine reads until a line begins with prefix; false at the end of r.
func waitForLine(r io.Reader, prefix string) bool {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), prefix) {
			return true
		}
	}
	return false
}

// exited returns an error if the server ended although nobody stopped it.
func (s *server) exited() error {
	select {
	case <-s.done:
		return fmt.Errorf("ossd ended while the client ran: %s", outcome(s.err))
	default:
		return nil
	}
}

// stop asks the server to drain and returns an error unless it exits with 0 in time.
func (s *server) stop() error {
	s.cmd.Process.Signal(syscall.SIGTERM) // fails only if it has ended, which done tells
	select {
	case <-s.done:
	case <-time.After(stopGrace):
		s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("ossd did not end within %s after SIGTERM", stopGrace)
	}
	if s.err != nil {
		return fmt.Errorf("ossd after SIGTERM: %s", s.err)
	}
	return nil
}

// outcome names how a process ended; nil is an exit with 0.
func outcome(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
