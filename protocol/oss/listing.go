package oss

import (
	"context"
	"strconv"
	"strings"

	"ossd/objectstore"
	"ossd/protocol/signature"
	"ossd/protocol/wire"
)

// Listings share their parameters, entries and encoding.

type listingInput struct {
	Prefix       string `query:"prefix"`
	Delimiter    string `query:"delimiter"`
	MaxKeys      string `query:"max-keys"`
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

func pageLimit(maxKeys, ec string) (int, error) {
	if maxKeys == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(maxKeys)
	if err != nil || n < 0 || n > maxPage {
		e := invalidArgument("max-keys", maxKeys, "The max-keys must be an integer between 0 and 1000.")
		e.EC = ec
		return 0, e
	}
	return n, nil
}

// maxListParameter bounds prefix, delimiter and markers, in bytes.
const maxListParameter = 1023

// listing checks what all listings are asked with, and the markers by their
// names; ec is that of a wrong max-keys.
func (c *call) listing(in listingInput, ec string, markers ...wire.Header) (l listing, err error) {
	if l.limit, err = pageLimit(in.MaxKeys, ec); err != nil {
		return l, err
	}
	if l.encode, err = keyEncoding(in.EncodingType); err != nil {
		return l, err
	}
	for _, p := range append(markers, header("prefix", in.Prefix), header("delimiter", in.Delimiter)) {
		if len(p.Value) > maxListParameter {
			return l, invalidArgument(p.Name, p.Value, "The "+p.Name+" must not be longer than 1023 bytes.")
		}
	}
	return l, nil
}

// list answers a page of objects behind a marker; showOwner adds the owner to each.
func (c *call) list(ctx context.Context, in listingInput, marker wire.Header, showOwner bool) (*objectListing, error) {
	common, err := c.listing(in, "0015-00000402", marker)
	if err != nil {
		return nil, err
	}
	l := &objectListing{listing: common}
	l.page, err = c.Store.Objects(ctx, objectstore.ListObjects{
		Bucket: c.resource.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, After: marker.Value, Limit: l.limit,
	})
	if err != nil {
		return nil, err
	}
	var who *owner
	if showOwner {
		o := ownerOf(c.found.Bucket.Owner)
		who = &o
	}
	l.objects = make([]listedObject, 0, len(l.page.Objects))
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

func (l *listing) commonPrefixes(names []string) []commonPrefix {
	all := make([]commonPrefix, 0, len(names))
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

// encodingName is the encoding type as documents name it, however the request spelled it.
func encodingName(encodingType string) string { return strings.ToLower(encodingType) }
