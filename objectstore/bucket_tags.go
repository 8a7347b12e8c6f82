package objectstore

import (
	"context"
	"net/url"
	"strings"

	"ossd/engine/meta"
)

// BucketTags are the tags of a bucket, in the form of a query: k1=v1&k2=v2. So
// buckets can be compared.
type BucketTags string

// NewBucketTags spells tags, in their order.
func NewBucketTags(tags []Header) BucketTags {
	pairs := make([]string, len(tags))
	for i, t := range tags {
		pairs[i] = url.QueryEscape(t.Name) + "=" + url.QueryEscape(t.Value)
	}
	return BucketTags(strings.Join(pairs, "&"))
}

// List returns the tags in their order.
func (b BucketTags) List() (tags []Header) {
	if b == "" {
		return nil
	}
	for pair := range strings.SplitSeq(string(b), "&") {
		name, value, _ := strings.Cut(pair, "=")
		// What NewBucketTags spelled can be read.
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		tags = append(tags, Header{Name: name, Value: value})
	}
	return tags
}

// Get returns a tag's value; ok is false if there is none of that name.
func (b BucketTags) Get(name string) (value string, ok bool) {
	for _, t := range b.List() {
		if t.Name == name {
			return t.Value, true
		}
	}
	return "", false
}

// SetBucketTags gives a bucket other tags than it had.
func (s *Store) SetBucketTags(ctx context.Context, b Bucket, change func(old []Header) []Header) error {
	return s.updateBucket(ctx, b, func(_ meta.Tx, now *Bucket) error {
		now.Tags = NewBucketTags(change(now.Tags.List()))
		return nil
	})
}
