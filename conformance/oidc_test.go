//go:build conformance

package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/conformance/kit"
	"ossd/internal/idtoken/idtokentest"
)

// TestOIDCProvider has credentials-go turn the token of an identity provider, here
// one of this test's own, into credentials, and do everything with them that it
// does with others.
func TestOIDCProvider(t *testing.T) {
	if os.Getenv(publicNamesVariable) != "" {
		t.Skip("the server behind the public names was started without an identity provider")
	}
	programs := kit.FromEnvironment(t, "OSSD_TEST_GO", "../build/golang")
	issuer := idtokentest.New(t)
	tg := startTarget(t, bootstrapFile, "--oidc-issuer", issuer.URL)
	owner := func(args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), kit.Program(t), args...)
		cmd.Env = append(tg.environment(tg.people.owner), "OSS_ENDPOINT="+tg.ossEndpoint)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("ossd %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	var provider struct{ OIDCProvider struct{ Arn string } }
	if err := json.Unmarshal(owner("ram", "oidc-provider", "create", "ci", "--issuer", issuer.URL, "--client", "conformance"), &provider); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trust := filepath.Join(dir, "trust.json")
	write(t, trust, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":["`+provider.OIDCProvider.Arn+`"]},`+
		`"Condition":{"StringEquals":{"oidc:aud":"conformance","oidc:iss":"`+issuer.URL+`"},"StringLike":{"oidc:sub":"job:*"}}}]}`)
	var role struct{ Role struct{ Arn string } }
	if err := json.Unmarshal(owner("ram", "role", "create", "job", "--trust", trust), &role); err != nil {
		t.Fatal(err)
	}
	owner("ram", "policy", "attach", "AliyunOSSFullAccess", "--role", "job")
	token := filepath.Join(dir, "token")
	write(t, token, issuer.Token(issuer.Claims("conformance", "job:1", time.Now())))

	tg.stsEndpoint = strings.Replace(tg.stsEndpoint, "http://", "https://", 1)
	tg.checks(t, "provider oidc", []string{filepath.Join(programs, "provider"), "oidc"}, []string{
		"OSSD_TEST_OIDC_PROVIDER=" + provider.OIDCProvider.Arn, "OSSD_TEST_OIDC_ROLE=" + role.Role.Arn, "OSSD_TEST_OIDC_TOKEN_FILE=" + token,
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
