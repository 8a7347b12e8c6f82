//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sdk is a program of checks through one SDK.
//
//	COMMAND… VERSION [path]
type sdk struct {
	name     string
	command  []string
	env      []string // further variables
	versions []string // signature versions; the last is the one for TLS
	// onlyPaths says that the SDK cannot put the bucket before an IP address by itself.
	onlyPaths bool
}

// place is one way for clients to reach a target.
type place struct {
	name     string
	endpoint string // OSS_ENDPOINT
	path     bool   // whether clients must be told to put the bucket into the path
}

// places are the ways to reach the target that this machine allows.
func (tg target) places(t *testing.T) []place {
	t.Helper()
	if tg.public() {
		// 8280 is the third port that realnames has ossd listen on. Names below localhost
		// resolve here, so most clients put the bucket before it.
		return []place{{name: "public name"}, {name: "localhost", endpoint: "http://localhost:8280"}}
	}
	address, err := url.Parse(tg.ossEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	// Few resolvers know names below localhost; TestPublicNames has one that does.
	return []place{
		{name: "address", endpoint: tg.ossEndpoint},
		{name: "localhost", endpoint: "http://localhost:" + address.Port(), path: true},
	}
}

// testSDKs runs programs with each signature version at each place.
func testSDKs(t *testing.T, tg target, sdks []sdk) {
	places := tg.places(t)
	for _, s := range sdks {
		t.Run(s.name, func(t *testing.T) {
			for _, version := range s.versions {
				for _, at := range places {
					t.Run(version+" "+at.name, func(t *testing.T) { s.test(t, tg, version, at) })
				}
			}
			if tg.public() {
				last := s.versions[len(s.versions)-1]
				t.Run(last+" TLS", func(t *testing.T) { s.test(t, tg, last, place{endpoint: "https://" + domain}) })
			}
		})
	}
}

func (s sdk) test(t *testing.T, tg target, version string, at place) {
	args := []string{version}
	if at.path || s.onlyPaths && !tg.public() {
		args = append(args, "path")
	}
	tg.ossEndpoint = at.endpoint
	tg.checks(t, s.name, append(s.command[:len(s.command):len(s.command)], args...), s.env)
}

// checks runs a program of checks and reports what it printed.
func (tg target) checks(t *testing.T, name string, command, env []string) {
	t.Helper()
	keys, err := filepath.Abs("testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), scriptTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(tg.environment(tg.people.owner), "OSSD_TEST_KEYS="+keys, "SSL_CERT_FILE="+tg.authority, "NODE_EXTRA_CA_CERTS="+tg.authority)
	cmd.Env = append(cmd.Env, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	report(t, name, out.String(), errs.String(), err)
}

// need skips the test unless the machine has the programs of a language.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("this machine has no %s: %v", program, err)
		}
	}
}

// mustRun runs a command that prepares a test.
func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
}
