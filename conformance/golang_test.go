//go:build conformance

package conformance

import (
	"path/filepath"
	"strings"
	"testing"

	"ossd/conformance/kit"
)

// TestGoSDKs runs the programs of the nested module golang.
func TestGoSDKs(t *testing.T) {
	programs := kit.FromEnvironment(t, "OSSD_TEST_GO", "../build/golang")
	tg := newTarget(t)
	testSDKs(t, tg, []sdk{
		{name: "ossv1", command: []string{filepath.Join(programs, "ossv1")}, versions: []string{"v1", "v2", "v4"}},
		{name: "ossv2", command: []string{filepath.Join(programs, "ossv2")}, versions: []string{"v1", "v4"}},
	})
	t.Run("rpc", func(t *testing.T) {
		tg.checks(t, "rpc", []string{filepath.Join(programs, "rpc")}, nil)
	})
	t.Run("provider", func(t *testing.T) {
		// The address has TLS as well.
		tg.stsEndpoint = strings.Replace(tg.stsEndpoint, "http://", "https://", 1)
		tg.checks(t, "provider", []string{filepath.Join(programs, "provider")}, nil)
	})
}
