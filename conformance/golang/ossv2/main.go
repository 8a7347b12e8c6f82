// Command ossv2 runs the checks through alibabacloud-oss-go-sdk-v2.
//
// usage: ossv2 v1|v4 [path]
//
// With "path" the bucket is put into the path of URLs, not into the host.
// See package checks for the environment and for what it prints.
package main

import (
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"ossd/conformance/golang/checks"
	"ossd/conformance/golang/ossv2/client"
)

func main() {
	version := oss.SignatureVersionV4
	name, path := checks.Arguments("v1", "v4")
	if name == "v1" {
		version = oss.SignatureVersionV1
	}
	settings := checks.FromEnvironment()
	var report checks.Report
	checks.Run(&report, settings, func(bucket string, by checks.Credentials, signed ...string) (checks.Client, error) {
		provider := credentials.NewStaticCredentialsProvider(by.ID, by.Secret, by.Token)
		return client.New(settings, bucket, provider, version, path, signed...), nil
	})
	report.Exit()
}
