package oss

import "context"

var deleteObject = define(Operation{Name: "DeleteObject", Method: "DELETE", On: Object}, doDeleteObject)

// doDeleteObject succeeds for absent keys too.
func doDeleteObject(ctx context.Context, c *call, _ *none) (*noContent, error) {
	return &noContent{}, c.Store.DeleteObject(ctx, c.found.Bucket, c.resource.Key)
}
