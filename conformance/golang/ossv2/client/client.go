// Package client makes alibabacloud-oss-go-sdk-v2 a checks.Client. It does not know
// where its credentials come from.
package client

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"ossd/conformance/golang/checks"
)

type client struct {
	sdk    *oss.Client
	bucket *string
}

// New makes a client that signs with credentials of provider, and signs the headers
// named last if it can; with path it puts the bucket into the path of URLs.
func New(s checks.Settings, bucket string, provider credentials.CredentialsProvider, version oss.SignatureVersionType, path bool, signed ...string) checks.Client {
	config := oss.LoadDefaultConfig().WithRegion(s.Region).WithCredentialsProvider(provider).
		WithSignatureVersion(version).WithUsePathStyle(path).
		WithAdditionalHeaders(signed).WithRetryMaxAttempts(1)
	if s.OSSEndpoint != "" {
		config.WithEndpoint(s.OSSEndpoint)
	}
	return client{oss.NewClient(config), oss.Ptr(bucket)}
}

func (c client) MakeBucket() error {
	_, err := c.sdk.PutBucket(context.Background(), &oss.PutBucketRequest{Bucket: c.bucket})
	return err
}

func (c client) RemoveBucket() error {
	_, err := c.sdk.DeleteBucket(context.Background(), &oss.DeleteBucketRequest{Bucket: c.bucket})
	return err
}

func (c client) put(key string, about checks.Description) *oss.PutObjectRequest {
	return &oss.PutObjectRequest{
		Bucket: c.bucket, Key: oss.Ptr(key),
		ContentType: oss.Ptr(about.Type), Metadata: map[string]string{"from": about.From},
	}
}

func (c client) Put(key, content string, about checks.Description) error {
	request := c.put(key, about)
	request.Body = strings.NewReader(content)
	_, err := c.sdk.PutObject(context.Background(), request)
	return err
}

func (c client) Get(key string) (string, error) {
	result, err := c.sdk.GetObject(context.Background(), &oss.GetObjectRequest{Bucket: c.bucket, Key: oss.Ptr(key)})
	if err != nil {
		return "", err
	}
	defer result.Body.Close()
	content, err := io.ReadAll(result.Body)
	return string(content), err
}

func (c client) Head(key string) (checks.Description, error) {
	result, err := c.sdk.HeadObject(context.Background(), &oss.HeadObjectRequest{Bucket: c.bucket, Key: oss.Ptr(key)})
	if err != nil {
		return checks.Description{}, err
	}
	return checks.Description{Type: oss.ToString(result.ContentType), From: result.Metadata["from"]}, nil
}

func (c client) List(prefix string) (keys []string, err error) {
	result, err := c.sdk.ListObjectsV2(context.Background(), &oss.ListObjectsV2Request{
		Bucket: c.bucket, Prefix: oss.Ptr(prefix), MaxKeys: 100,
	})
	if err != nil {
		return nil, err
	}
	for _, found := range result.Contents {
		keys = append(keys, oss.ToString(found.Key))
	}
	return keys, nil
}

func (c client) Delete(key string) error {
	_, err := c.sdk.DeleteObject(context.Background(), &oss.DeleteObjectRequest{Bucket: c.bucket, Key: oss.Ptr(key)})
	return err
}

func (c client) SignGet(key, responseType, responseDisposition string) (string, error) {
	return c.sign(&oss.GetObjectRequest{
		Bucket: c.bucket, Key: oss.Ptr(key),
		ResponseContentType: oss.Ptr(responseType), ResponseContentDisposition: oss.Ptr(responseDisposition),
	})
}

func (c client) SignPut(key string, about checks.Description) (string, error) {
	return c.sign(c.put(key, about))
}

func (c client) sign(request any) (string, error) {
	signed, err := c.sdk.Presign(context.Background(), request, oss.PresignExpires(time.Minute))
	if err != nil {
		return "", err
	}
	return signed.URL, nil
}

func (c client) Code(err error) string {
	if refusal, ok := errors.AsType[*oss.ServiceError](err); ok {
		return refusal.Code
	}
	return ""
}
