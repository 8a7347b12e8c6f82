package ram

import (
	"ossd/access"
	"ossd/protocol/rpc"
)

// paging are the parameters of lists that come in pages.
type paging struct {
	Marker   string
	MaxItems *int // 1 to 1000, absent: 100
}

func (p paging) page() (access.Page, error) {
	page := access.Page{Marker: p.Marker, Limit: 100}
	if p.MaxItems != nil {
		page.Limit = *p.MaxItems
	}
	if page.Limit < 1 || page.Limit > 1000 {
		return access.Page{}, rpc.InvalidParameter("MaxItems")
	}
	return page, nil
}

// paged tells whether a list goes on, and where.
type paged struct {
	IsTruncated bool
	Marker      string `param:",omitempty"`
}

func newPaged(next string) paged { return paged{IsTruncated: next != "", Marker: next} }
