// Program asone is a cluster that behaves as one ossd: what runs "ossd serve", waits for its
// line and ends it with SIGTERM can run asone instead, and talks to several nodes by
// turns. It knows nothing of what they are asked.
//
//	asone serve --data DIR --listen ADDRESS[,ADDRESS] [further flags of the nodes]
//
// DIR gets the certificate authority of all nodes, as ossd's own has it, and what nodes and
// store write. Variables of the environment say what it is made of.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"ossd/internal/localca"
	"ossd/ossdtest/cluster"
)

const (
	programVariable  = "OSSD_TEST_ASONE_PROGRAM"  // ossd
	storeVariable    = "OSSD_TEST_ASONE_STORE"    // the program of the S3 store
	postgresVariable = "OSSD_TEST_ASONE_POSTGRES" // URL of a server that may make databases; empty: one is started
	nodesVariable    = "OSSD_TEST_CLUSTER"        // how many nodes
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "asone:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	config, err := parse(args)
	if err != nil {
		return err
	}
	if err := shareAuthority(config.Dir, config.Nodes); err != nil {
		return err
	}
	if server := os.Getenv(postgresVariable); server != "" {
		database, drop, err := makeDatabase(ctx, server)
		if err != nil {
			return err
		}
		defer drop()
		config.Database = database
	}
	defer tellLogs(config.Dir)
	cl, err := cluster.Start(ctx, config)
	if err != nil {
		return err
	}
	fmt.Println("ossd: ready", cl.URL)
	<-ctx.Done()
	return cl.Stop()
}

// parse takes the directory and the addresses out of the flags; the rest is the nodes'.
func parse(args []string) (cluster.Config, error) {
	config := cluster.Config{OSSD: os.Getenv(programVariable), S3: os.Getenv(storeVariable), NoSync: true}
	var err error
	if config.Nodes, err = strconv.Atoi(os.Getenv(nodesVariable)); err != nil {
		return config, fmt.Errorf("%s: %w", nodesVariable, err)
	}
	if len(args) == 0 || args[0] != "serve" {
		return config, errors.New("usage: asone serve --data DIR --listen ADDRESSES [FLAGS]")
	}
	args = args[1:]
	for len(args) > 1 {
		switch args[0] {
		case "--data":
			config.Dir, args = args[1], args[2:]
		case "--listen":
			config.Listen, args = args[1], args[2:]
		default:
			config.Declared = config.Declared || args[0] == "--bootstrap"
			config.Serve, args = append(config.Serve, args[0]), args[1:]
		}
	}
	config.Serve = append(config.Serve, args...)
	return config, nil
}

// tellLogs writes where one process would have: on standard error.
func tellLogs(dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, "node-*.log")) // fails for malformed patterns only
	for _, name := range logs {
		if text, err := os.ReadFile(name); err == nil {
			fmt.Fprintf(os.Stderr, "%s:\n%s\n", filepath.Base(name), text)
		}
	}
}

// shareAuthority makes an authority and gives it to every node, so that it does not matter to
// a client which of them it meets.
func shareAuthority(dir string, nodes int) error {
	authority := filepath.Join(dir, "tls")
	if err := os.MkdirAll(authority, 0o700); err != nil {
		return err
	}
	if _, err := localca.Open(authority, func(string) bool { return true }); err != nil {
		return err
	}
	for i := range nodes {
		if err := os.CopyFS(filepath.Join(dir, fmt.Sprint("node-", i+1), "tls"), os.DirFS(authority)); err != nil {
			return err
		}
	}
	return nil
}
