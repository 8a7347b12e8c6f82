//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// inside runs in the namespaces: it furnishes them, starts ossd, runs the client and
// stops ossd. The client's own failure outweighs a failure to stop.
func inside(ctx context.Context, opts options) (err error) {
	work, err := os.MkdirTemp("", "realnames-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if opts.data == "" {
		opts.data = filepath.Join(work, "data")
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	if err := replaceResolverFiles(work); err != nil {
		return err
	}
	if err := serveNames(ctx); err != nil {
		return err
	}

	server, err := startServer(ctx, opts)
	if err != nil {
		return err
	}
	defer func() {
		if stopErr := server.stop(); err == nil {
			err = stopErr
		}
	}()
	authority := filepath.Join(opts.data, "tls", "ca.pem")
	if _, err := os.Stat(authority); err != nil {
		return fmt.Errorf("ossd is ready without a certificate authority: %w", err)
	}
	client := command(ctx, opts.command[0], opts.command[1:])
	client.Stdin = os.Stdin
	client.Env = clientEnvironment(os.Environ(), authority)
	if err := client.Start(); err != nil {
		return err
	}
	err = client.Wait()
	if early := server.exited(); early != nil {
		return errors.Join(early, wrapStatus(err))
	}
	return err
}

// wrapStatus keeps the text of the client's outcome but not its type, for when the
// exit status must not be the client's.
func wrapStatus(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the client: %s", err)
}
