package oss

import "context"

var abortMultipartUpload = define(Operation{
	Name: "AbortMultipartUpload", Method: "DELETE", On: Object, Group: groupMultipart, Query: []string{"uploadId"},
}, doAbortMultipartUpload)

type abortMultipartUploadInput struct {
	UploadID   string `query:"uploadId"`
	Sequential string `query:"sequential"` // as in completeMultipartUploadInput
}

func doAbortMultipartUpload(ctx context.Context, c *call, in *abortMultipartUploadInput) (*noContent, error) {
	return &noContent{}, c.Store.AbortUpload(ctx, c.found.Bucket, c.resource.Key, in.UploadID)
}
