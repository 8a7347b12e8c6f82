package oss

import (
	"context"
	"strconv"
	"strings"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// Listings share their parameters, entries and encoding.

type listingInput struct {
	Prefix       string `query:"prefix"`
	Delimiter    string `query:"delimiter"`
	MaxKeys      *int   `query:"max-keys"`
	EncodingType string `query:"encoding-type"`
}

type listedObject struct {
	Key          string
	LastModified string
	ETag         string
	Type         string
	Size         int64
	StorageClass string
	Owner        *owner `xml:",omitempty"`
	RestoreInfo  string `xml:",omitempty"`
}

type commonPrefix struct{ Prefix string }

// listing holds what result documents have in common, in a spelling that the
// encoding type asks for.
type listing struct {
	limit  int
	encode func(string) string
}

// objectListing is what both versions of listing objects answer.
type objectListing struct {
	listing
	page     objectstore.ObjectPage
	objects  []listedObject
	prefixes []commonPrefix
}

// defaultPage and maxPage bound the entries of a listing.
const (
	defaultPage = 100
	maxPage     = 1000
)

func pageLimit(maxKeys *int, ec string) (int, error) {
	if maxKeys == nil {
		return defaultPage, nil
	}
	if *maxKeys < 0 || *maxKeys > maxPage {
		e := invalidArgument("max-keys", strconv.Itoa(*maxKeys), "The max-keys must be an integer between 0 and 1000.")
		e.EC = ec
		return 0, e
	}
	return *maxKeys, nil
}

// maxListParameter bounds prefix, delimiter and markers, in bytes.
const maxListParameter = 1023

// listing checks what all listings are asked with; ec is that of a wrong max-keys.
func (c *call) listing(in listingInput, ec, marker string) (l listing, err error) {
	if l.limit, err = pageLimit(in.MaxKeys, ec); err != nil {
		return l, err
	}
	if l.encode, err = keyEncoding(in.EncodingType); err != nil {
		return l, err
	}
	for name, value := range map[string]string{"prefix": in.Prefix, "delimiter": in.Delimiter, "marker": marker} {
		if len(value) > maxListParameter {
			return l, invalidArgument(name, value, "The "+name+" must not be longer than 1023 bytes.")
		}
	}
	return l, nil
}

// list answers a page of objects; showOwner adds the owner to each.
func (c *call) list(ctx context.Context, in listingInput, after string, showOwner bool) (*objectListing, error) {
	common, err := c.listing(in, "0015-00000402", after)
	if err != nil {
		return nil, err
	}
	l := &objectListing{listing: common}
	l.page, err = c.Store.Objects(ctx, objectstore.ListObjects{
		Bucket: c.resource.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, After: after, Limit: l.limit,
	})
	if err != nil {
		return nil, err
	}
	var who *owner
	if showOwner {
		o := ownerOf(c.found.Bucket.Owner)
		who = &o
	}
	for i := range l.page.Objects {
		l.objects = append(l.objects, c.listed(&l.page.Objects[i], l.encode, who))
	}
	l.prefixes = l.commonPrefixes(l.page.CommonPrefixes)
	return l, nil
}

func (c *call) listed(o *objectstore.Object, encode func(string) string, who *owner) listedObject {
	return listedObject{
		Key: encode(o.Key), LastModified: xmlTime(o.LastModified), ETag: quote(o.ETag), Type: string(o.Type),
		Size: o.Size, StorageClass: string(o.StorageClass), Owner: who, RestoreInfo: c.restoreText(o),
	}
}

func (l *listing) commonPrefixes(names []string) (all []commonPrefix) {
	for _, name := range names {
		all = append(all, commonPrefix{l.encode(name)})
	}
	return all
}

// keyEncoding returns how names are spelled. With "url" everything but
// unreserved characters is escaped, the slash too and the space as %20, since
// not every SDK decodes a plus.
func keyEncoding(encodingType string) (func(string) string, error) {
	switch {
	case encodingType == "":
		return func(s string) string { return s }, nil
	case strings.EqualFold(encodingType, "url"):
		return encodeKey, nil
	}
	return nil, invalidArgument("encoding-type", encodingType, "Invalid Encoding Method specified in Request.")
}

// encodeKey escapes everything but unreserved characters, the slash too.
func encodeKey(key string) string { return strings.ReplaceAll(signature.EncodePath(key), "/", "%2F") }

func quote(etag string) string { return `"` + etag + `"` }
