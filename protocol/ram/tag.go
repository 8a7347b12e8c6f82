package ram

import (
	"ossd/access"
	"ossd/protocol/rpc"
)

// taggedRequest names what an action gives tags or takes them from.
type taggedRequest struct {
	ResourceType  string   `param:",required"` // role or policy
	ResourceNames []string `param:",required"`
}

func (in *taggedRequest) check() error {
	return checkCount("ResourceNames", len(in.ResourceNames), maxResourceNames)
}

// Bounds of one request, from the vendor's pages on TagResources and ListTagResources.
const (
	maxResourceNames = 50
	maxTags          = 20
)

func checkCount(parameter string, n, most int) error {
	if n > most {
		return rpc.InvalidParameter(parameter)
	}
	return nil
}

// newTags reads tags to set or, as filter, to look for.
func newTags(from []rpc.Tag) ([]access.Tag, error) {
	if err := checkCount("Tag", len(from), maxTags); err != nil {
		return nil, err
	}
	var tags []access.Tag
	for _, t := range from {
		if t.Key == "" {
			return nil, rpc.InvalidParameter("Tag")
		}
		tags = append(tags, access.Tag{Key: t.Key, Value: t.Value})
	}
	return tags, nil
}

// tagList is how lists of roles and policies describe tags.
type tagList struct{ Tag []tag }

type tag struct {
	TagKey   string
	TagValue string
}

func newTagList(tags []access.Tag) (list tagList) {
	for _, t := range tags {
		list.Tag = append(list.Tag, tag{t.Key, t.Value})
	}
	return list
}
