// Package kit is what the tests of package conformance and its suites have in common: where
// programs are, whom a bootstrap file declares, and which program they run as the
// server. It knows no client.
package kit

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FromEnvironment returns the absolute path that a variable names, or else the
// default; the test fails, with the remedy, if nothing is there.
func FromEnvironment(t testing.TB, variable, fallback string) string {
	t.Helper()
	path, err := filepath.Abs(cmp.Or(os.Getenv(variable), fallback))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v (`make sdks` and `make suites` make it; %s names another)", err, variable)
	}
	return path
}

// WithoutSettings returns environ without the variables that configure ossd, so that
// only the arguments count.
func WithoutSettings(environ []string) []string {
	return slices.DeleteFunc(environ, func(entry string) bool {
		return strings.HasPrefix(entry, "OSSD_") && !strings.HasPrefix(entry, "OSSD_TEST_")
	})
}

// Key is a pair of the kind that signs requests.
type Key struct{ ID, Secret string }

// Account is what a bootstrap file declares, as far as clients must know.
type Account struct {
	ID              string
	AccessKeyID     string `yaml:"accessKeyId"`
	AccessKeySecret string `yaml:"accessKeySecret"`
	Users           []struct {
		AccessKeys []Key `yaml:"accessKeys"`
	}
	Roles, Buckets []struct{ Name string }
}

// Key is that of the account itself.
func (a Account) Key() Key { return Key{a.AccessKeyID, a.AccessKeySecret} }

// Role is the ARN of one of its roles.
func (a Account) Role(i int) string { return "acs:ram::" + a.ID + ":role/" + a.Roles[i].Name }

// Accounts reads a bootstrap file.
func Accounts(t testing.TB, bootstrap string) []Account {
	t.Helper()
	content, err := os.ReadFile(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	var declared struct{ Accounts []Account }
	if err := yaml.Unmarshal(content, &declared); err != nil {
		t.Fatalf("%s: %v", bootstrap, err)
	}
	return declared.Accounts
}
