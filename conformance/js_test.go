//go:build conformance

package conformance

import (
	"path/filepath"
	"testing"

	"ossd/conformance/kit"
)

// TestJavaScriptSDKs runs the programs of js: ali-oss, and three clients of STS and RAM.
func TestJavaScriptSDKs(t *testing.T) {
	need(t, "node", "npm")
	env := []string{"NODE_PATH=" + filepath.Join(kit.FromEnvironment(t, "OSSD_TEST_JS", "../build/js"), "node_modules")}
	tg := newTarget(t)
	testSDKs(t, tg, []sdk{
		{name: "ali-oss", command: []string{"node", "js/checks.js"}, env: env, versions: []string{"v1", "v4"}, onlyPaths: true},
	})
	for _, client := range []string{"acs3", "pop-core", "ali-oss"} {
		t.Run("rpc "+client, func(t *testing.T) { tg.checks(t, client, []string{"node", "js/rpc.js", client}, env) })
	}
}
