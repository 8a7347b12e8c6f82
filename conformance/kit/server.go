package kit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ossd/engine/blob/s3/s3test"
	"ossd/engine/meta/postgres/postgrestest"
)

// Variables that the tests understand, and those of program asone.
const (
	programVariable = "OSSD_BIN"
	clusterVariable = "OSSD_TEST_CLUSTER" // how many nodes a server has; empty: it is one process

	asOneVariable         = "OSSD_TEST_ASONE"
	asOneProgramVariable  = "OSSD_TEST_ASONE_PROGRAM"
	asOneStoreVariable    = "OSSD_TEST_ASONE_STORE"
	asOnePostgresVariable = "OSSD_TEST_ASONE_POSTGRES"
)

// Program is ossd, as users run it.
func Program(t testing.TB) string { return FromEnvironment(t, programVariable, fromTop(t, "bin/ossd")) }

// Server is the program that tests run as "ossd serve": ossd, or a cluster of it. See Main.
func Server(t testing.TB) string {
	if Clustered() {
		return FromEnvironment(t, asOneVariable, "")
	}
	return Program(t)
}

// Clustered tells whether the server has several nodes.
func Clustered() bool { return os.Getenv(clusterVariable) != "" }

// Main runs the tests of a package: TestMain calls os.Exit(Main(m)). If their servers have
// several nodes, it first makes what these share; a program that runs again below
// another one finds all that in its environment.
func Main(m *testing.M) int {
	if !Clustered() || os.Getenv(asOneVariable) != "" {
		return m.Run()
	}
	undo, err := prepareClusters()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance: clusters:", err)
		return 1
	}
	defer undo()
	return m.Run()
}

// prepareClusters starts PostgreSQL, where each cluster makes a database of its own, and builds asone.
func prepareClusters() (undo func(), err error) {
	top, err := projectDirectory()
	if err != nil {
		return nil, err
	}
	store := s3test.Binary(top)
	if _, err := os.Stat(store); err != nil {
		return nil, fmt.Errorf("`make s3` makes it: %w", err)
	}
	dir, err := os.MkdirTemp("", "asone-")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "asone")
	if output, err := exec.Command("go", "build", "-o", program, "ossd/ossdtest/cluster/asone").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, output)
	}
	// As many clusters at a time as tests are parallel, each of nodes with connections of their own.
	server, err := postgrestest.Start(context.Background(), postgrestest.Config{NoSync: true, Settings: map[string]string{
		"max_connections": "1000", "log_lock_waits": "on", "log_min_duration_statement": "3000",
	}})
	if err != nil {
		return nil, err
	}
	os.Setenv(asOneVariable, program)
	os.Setenv(asOneStoreVariable, store)
	os.Setenv(asOnePostgresVariable, server.SocketURL()) // a network namespace separates from ports
	ossd, err := filepath.Abs(cmp.Or(os.Getenv(programVariable), filepath.Join(top, "bin/ossd")))
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	os.Setenv(asOneProgramVariable, ossd)
	return func() {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "conformance: clusters:", err)
		}
		os.RemoveAll(dir)
	}, nil
}

func fromTop(t testing.TB, path string) string {
	t.Helper()
	top, err := projectDirectory()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(top, path)
}

func projectDirectory() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(out))), err
}
