package ram

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

type listTagResourcesRequest struct {
	ResourceType  string   `param:",required"` // role or policy
	ResourceNames []string // absent: all
	Tag           []rpc.Tag
	PageSize      *int // 1 to 100, absent: 100
	NextToken     string
}

// listTagResourcesResponse has its list bare, unlike other lists of RAM. At the
// end there is no NextToken: Terraform goes on as long as there is one.
type listTagResourcesResponse struct {
	TagResources []tagResource
	NextToken    string `param:",omitempty"`
}

type tagResource struct {
	ResourceType string
	ResourceName string
	TagKey       string
	TagValue     string
}

var listTagResources = rpc.Define(rpc.Spec[listTagResourcesRequest, listTagResourcesResponse]{
	Product:   product,
	Name:      "ListTagResources",
	Resources: func(c *rpc.Call, _ *listTagResourcesRequest) []string { return []string{accountResource(c)} },
	Do: func(ctx context.Context, c *rpc.Call, in *listTagResourcesRequest) (*listTagResourcesResponse, error) {
		if err := checkCount("ResourceNames", len(in.ResourceNames), maxResourceNames); err != nil {
			return nil, err
		}
		filter, err := newTags(in.Tag)
		if err != nil {
			return nil, err
		}
		page := access.Page{Marker: in.NextToken, Limit: 100}
		if in.PageSize != nil {
			page.Limit = *in.PageSize
		}
		if page.Limit < 1 || page.Limit > 100 {
			return nil, rpc.InvalidParameter("PageSize")
		}
		tags, next, err := c.Directory.Tags(ctx, c.Account(), access.Taggable(in.ResourceType), in.ResourceNames, filter, page)
		if err != nil {
			return nil, err
		}
		out := &listTagResourcesResponse{NextToken: next}
		for _, t := range tags {
			out.TagResources = append(out.TagResources, tagResource{string(t.Type), t.Name, t.Key, t.Value})
		}
		return out, nil
	},
})
