package oss

import (
	"context"
	"strconv"
	"strings"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// Both versions of listing share their parameters, entries and encoding.

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
}

type commonPrefix struct{ Prefix string }

// listing holds what the result documents of both versions have in common, in
// a spelling that the encoding type asks for.
type listing struct {
	limit    int
	encode   func(string) string
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

// list answers a page; showOwner adds the owner to every object.
func (c *call) list(ctx context.Context, in listingInput, after string, showOwner bool) (*listing, error) {
	limit, err := pageLimit(in.MaxKeys, "0015-00000402")
	if err != nil {
		return nil, err
	}
	encode, err := keyEncoding(in.EncodingType)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"prefix": in.Prefix, "delimiter": in.Delimiter, "marker": after} {
		if len(value) > maxListParameter {
			return nil, invalidArgument(name, value, "The "+name+" must not be longer than 1023 bytes.")
		}
	}
	l := &listing{limit: limit, encode: encode}
	l.page, err = c.Store.Objects(ctx, objectstore.ListObjects{
		Bucket: c.resource.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, After: after, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	var who *owner
	if showOwner {
		o := ownerOf(c.found.Bucket.Owner)
		who = &o
	}
	for _, o := range l.page.Objects {
		l.objects = append(l.objects, listedObject{
			Key: encode(o.Key), LastModified: xmlTime(o.LastModified), ETag: quote(o.ETag), Type: string(o.Type),
			Size: o.Size, StorageClass: string(o.StorageClass), Owner: who,
		})
	}
	for _, p := range l.page.CommonPrefixes {
		l.prefixes = append(l.prefixes, commonPrefix{encode(p)})
	}
	return l, nil
}

// keyEncoding returns how names are spelled. With "url" everything but
// unreserved characters is escaped, the slash too and the space as %20, since
// not every SDK decodes a plus.
func keyEncoding(encodingType string) (func(string) string, error) {
	switch {
	case encodingType == "":
		return func(s string) string { return s }, nil
	case strings.EqualFold(encodingType, "url"):
		return func(s string) string { return strings.ReplaceAll(signature.EncodePath(s), "/", "%2F") }, nil
	}
	return nil, invalidArgument("encoding-type", encodingType, "Invalid Encoding Method specified in Request.")
}

func quote(etag string) string { return `"` + etag + `"` }
