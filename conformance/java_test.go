//go:build conformance

package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ossd/conformance/kit"
)

// TestJavaSDK runs the programs of java: aliyun-sdk-oss, with sessions that
// aliyun-java-sdk-sts gets, and STS and RAM by themselves.
func TestJavaSDK(t *testing.T) {
	need(t, "java", "javac", "keytool", "mvn")
	libraries := filepath.Join(kit.FromEnvironment(t, "OSSD_TEST_JAVA", "../build/java"), "lib", "*")
	tg := newTarget(t)
	work := t.TempDir()
	sources, err := filepath.Glob("java/src/main/java/conformance/*.java")
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, "javac", append([]string{"--release", "17", "-proc:none", "-cp", libraries, "-d", work}, sources...)...)
	command := append([]string{"java"}, trust(t, tg, work)...)
	command = append(command, "-cp", libraries+string(os.PathListSeparator)+work)
	oss := slices.Concat(command, []string{"conformance.Checks"})
	testSDKs(t, tg, []sdk{{name: "aliyun-sdk-oss", command: oss, versions: []string{"v1", "v2", "v4"}}})
	t.Run("rpc", func(t *testing.T) {
		tg.checks(t, "rpc", slices.Concat(command, []string{"conformance.RpcChecks"}), nil)
	})
}

// trust returns the arguments that make Java trust the target's authority, of which it
// reads a key store only.
func trust(t *testing.T, tg target, work string) []string {
	t.Helper()
	const password = "changeit" // it guards nothing: the store holds a certificate
	store := filepath.Join(work, "trust.p12")
	mustRun(t, "keytool", "-importcert", "-noprompt", "-alias", "ossd", "-file", tg.authority,
		"-keystore", store, "-storetype", "PKCS12", "-storepass", password)
	return []string{"-Djavax.net.ssl.trustStore=" + store, "-Djavax.net.ssl.trustStorePassword=" + password}
}
