// Command ossv1 runs the checks through aliyun-oss-go-sdk v3, the first generation.
//
// usage: ossv1 v1|v2|v4 [path]
//
// With "path" the bucket is put into the path of URLs, not into the host.
// See package checks for the environment and for what it prints.
package main

import (
	"cmp"
	"errors"
	"io"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"ossd/conformance/golang/checks"
)

func main() {
	version, path := checks.Arguments(string(oss.AuthV1), string(oss.AuthV2), string(oss.AuthV4))
	settings := checks.FromEnvironment()
	var report checks.Report
	checks.Run(&report, settings, func(bucket string, by checks.Credentials, signed ...string) (checks.Client, error) {
		client, err := oss.New(cmp.Or(settings.OSSEndpoint, settings.PublicName()), by.ID, by.Secret,
			oss.SecurityToken(by.Token), oss.AuthVersion(oss.AuthVersionType(version)), oss.Region(settings.Region),
			oss.ForcePathStyle(path), oss.AdditionalHeaders(signed))
		if err != nil {
			return nil, err
		}
		objects, err := client.Bucket(bucket)
		return sdk{client, objects}, err
	})
	report.Exit()
}

type sdk struct {
	service *oss.Client
	bucket  *oss.Bucket
}

func (s sdk) MakeBucket() error   { return s.service.CreateBucket(s.bucket.BucketName) }
func (s sdk) RemoveBucket() error { return s.service.DeleteBucket(s.bucket.BucketName) }

func (s sdk) Put(key, content string, about checks.Description) error {
	return s.bucket.PutObject(key, strings.NewReader(content), oss.ContentType(about.Type), oss.Meta("from", about.From))
}

func (s sdk) Get(key string) (string, error) {
	body, err := s.bucket.GetObject(key)
	if err != nil {
		return "", err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	return string(content), err
}

func (s sdk) Head(key string) (checks.Description, error) {
	header, err := s.bucket.GetObjectDetailedMeta(key)
	return checks.Description{Type: header.Get("Content-Type"), From: header.Get("x-oss-meta-from")}, err
}

func (s sdk) List(prefix string) (keys []string, err error) {
	page, err := s.bucket.ListObjectsV2(oss.Prefix(prefix), oss.MaxKeys(100))
	for _, found := range page.Objects {
		keys = append(keys, found.Key)
	}
	return keys, err
}

func (s sdk) Delete(key string) error { return s.bucket.DeleteObject(key) }

func (s sdk) SignGet(key, responseType, responseDisposition string) (string, error) {
	return s.bucket.SignURL(key, oss.HTTPGet, 60,
		oss.ResponseContentType(responseType), oss.ResponseContentDisposition(responseDisposition))
}

func (s sdk) SignPut(key string, about checks.Description) (string, error) {
	return s.bucket.SignURL(key, oss.HTTPPut, 60, oss.ContentType(about.Type), oss.Meta("from", about.From))
}

func (s sdk) Code(err error) string {
	if refusal, ok := errors.AsType[oss.ServiceError](err); ok {
		return refusal.Code
	}
	return ""
}
