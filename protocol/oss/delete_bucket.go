package oss

import "context"

var deleteBucket = define(Operation{Name: "DeleteBucket", Method: "DELETE", On: Bucket}, doDeleteBucket)

func doDeleteBucket(ctx context.Context, c *call, _ *none) (*noContent, error) {
	return &noContent{}, c.Store.DeleteBucket(ctx, c.found.Bucket)
}

// noContent is the response of successful deletions.
type noContent struct{}

func (*noContent) status() int { return 204 }
