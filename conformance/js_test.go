//go:build conformance

package conformance

import (
	"path/filepath"
	"testing"
)

// TestJavaScriptSDKs runs the programs of js: ali-oss, and STS with ACS3.
func TestJavaScriptSDKs(t *testing.T) {
	need(t, "node", "npm")
	env := []string{"NODE_PATH=" + filepath.Join(fromEnvironment(t, "OSSD_TEST_JS", "../build/js"), "node_modules")}
	tg := newTarget(t)
	testSDKs(t, tg, []sdk{
		{name: "ali-oss", command: []string{"node", "js/checks.js"}, env: env, versions: []string{"v1", "v4"}, onlyPaths: true},
	})
	t.Run("acs3", func(t *testing.T) { tg.checks(t, "acs3", []string{"node", "js/acs3.js"}, env) })
}
