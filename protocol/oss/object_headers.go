package oss

import (
	"encoding/base64"
	"fmt"

	"ossd/objectstore"
)

// objectHeaders describe an object on GET and HEAD.
type objectHeaders struct {
	versioned
	Stored       []objectstore.Header `header:""`
	Metadata     []objectstore.Header `header:"x-oss-meta-*"`
	AcceptRanges string               `header:"Accept-Ranges"`
	ETag         string               `header:"ETag"`
	LastModified string               `header:"Last-Modified"`
	ContentMD5   string               `header:"Content-MD5"`
	Type         string               `header:"x-oss-object-type"`
	StorageClass string               `header:"x-oss-storage-class"`
	CRC64        uint64               `header:"x-oss-hash-crc64ecma"` // of the whole object, also with a range
	NextPosition *int64               `header:"x-oss-next-append-position"`
	TaggingCount *int64               `header:"x-oss-tagging-count"`
	Restore      string               `header:"x-oss-restore"`
}

// headersOf describes what is read; replaced headers take the place of stored ones.
func (c *call) headersOf(r reading, replaced []objectstore.Header) (objectHeaders, error) {
	o := r.shown
	stored := o.Headers
	if len(replaced) > 0 {
		stored = append(append([]objectstore.Header(nil), stored...), replaced...) // later ones win
	}
	h := objectHeaders{
		versioned: c.versioned(o),
		Stored:    stored, Metadata: o.Metadata, AcceptRanges: "bytes", ETag: quote(o.ETag), LastModified: httpTime(o.LastModified),
		ContentMD5: md5Header(r.source.MD5()), Type: string(o.Type), StorageClass: string(o.StorageClass), CRC64: o.CRC64,
		Restore: c.restoreText(o),
	}
	if o.Type == objectstore.Appendable {
		h.NextPosition = &o.Size
	}
	if len(o.Tags) == 0 {
		return h, nil
	}
	// That there are tags is told only to whoever may read them.
	asked, err := c.check(ofVersion(c.version(), actionGetTagging, actionGetVersionTagging), c.resource, c.found)
	if err != nil {
		return h, err
	}
	d, err := c.ask(asked)
	if err == nil && d.Allowed {
		n := int64(len(o.Tags))
		h.TaggingCount = &n
	}
	return h, err
}

// ofVersion chooses between the action on what is current and that on a version that is named.
func ofVersion(version, current, named string) string {
	if version != "" {
		return named
	}
	return current
}

// restoreText is the header x-oss-restore, and the element RestoreInfo of listings.
func (c *call) restoreText(o *objectstore.Object) string {
	if !o.StorageClass.Archived() {
		return ""
	}
	switch o.Restore.State(c.Now()) {
	case objectstore.Restoring:
		return `ongoing-request="true"`
	case objectstore.Restored:
		return fmt.Sprintf(`ongoing-request="false", expiry-date="%s"`, httpTime(o.Restore.Expiry))
	}
	return ""
}

// md5Header is a Content-MD5, empty where the digest is not known.
func md5Header(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }
