// Command provider runs the checks through alibabacloud-oss-go-sdk-v2 with credentials
// that credentials-go fetches by itself: its provider ram_role_arn assumes the role over
// HTTPS, the only protocol that it speaks. With "oidc" its provider oidc_role_arn does,
// with the token of an identity provider instead of a key.
//
// usage: provider [oidc]
//
// See package checks for the environment and for what it prints. STS_ENDPOINT must begin
// with https://, and SSL_CERT_FILE name the server's authority. OSSD_TEST_OIDC_PROVIDER,
// _ROLE and _TOKEN_FILE say what the token is for and where it is.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	osscredentials "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/credentials-go/credentials"

	"ossd/conformance/golang/checks"
	"ossd/conformance/golang/ossv2/client"
)

func main() {
	settings := checks.FromEnvironment()
	role, absent, config := settings.Role, "EntityNotExist.Role", new(credentials.Config)
	if len(os.Args) > 1 && os.Args[1] == "oidc" {
		// A caller without a key is not told which roles there are.
		role, absent = os.Getenv("OSSD_TEST_OIDC_ROLE"), "AuthenticationFail.NoPermission"
		config.SetType("oidc_role_arn").SetOIDCProviderArn(os.Getenv("OSSD_TEST_OIDC_PROVIDER")).
			SetOIDCTokenFilePath(os.Getenv("OSSD_TEST_OIDC_TOKEN_FILE"))
	} else {
		config.SetType("ram_role_arn").SetAccessKeyId(settings.User.ID).SetAccessKeySecret(settings.User.Secret)
	}
	config.SetRoleArn(role).SetRoleSessionName("conformance").SetRoleSessionExpiration(900)
	if address, ok := strings.CutPrefix(settings.STSEndpoint, "https://"); ok {
		config.SetSTSEndpoint(address)
	}
	source, err := credentials.NewCredential(config)
	if err != nil {
		checks.Fatal(err)
	}
	fetch := func(context.Context) (osscredentials.Credentials, error) {
		got, err := source.GetCredential()
		if err != nil {
			return osscredentials.Credentials{}, err
		}
		return osscredentials.Credentials{AccessKeyID: *got.AccessKeyId, AccessKeySecret: *got.AccessKeySecret, SecurityToken: *got.SecurityToken}, nil
	}
	c := client.New(settings, checks.NewBucketName(), osscredentials.CredentialsProviderFunc(fetch), oss.SignatureVersionV4, false)
	var report checks.Report
	report.Check("bucket made", c.MakeBucket)
	checks.Keys(&report, settings, "fetched", c)
	report.Check("bucket removed", c.RemoveBucket)
	report.Check("an absent role refused", func() error { return refused(config.SetRoleArn(role+"-absent"), absent) })
	report.Exit()
}

// refused wants the provider to fail and to say why: its errors hold the answer as it came.
func refused(config *credentials.Config, code string) error {
	source, err := credentials.NewCredential(config)
	if err != nil {
		return err
	}
	_, err = source.GetCredential()
	if err == nil || !strings.Contains(err.Error(), `"Code":"`+code+`"`) {
		return fmt.Errorf("%v, want %s", err, code)
	}
	return nil
}
