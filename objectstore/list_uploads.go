package objectstore

import (
	"context"

	"ossd/engine/meta"
)

// ListUploads asks for one page of a bucket's multipart uploads.
type ListUploads struct {
	Bucket      string
	Prefix      string
	Delimiter   string
	AfterKey    string // only uploads of greater keys
	AfterUpload string // with AfterKey: also those of this key whose ids are greater
	Limit       int
}

// UploadPage is one page, by keys and then by ids.
type UploadPage struct {
	Uploads        []Upload
	CommonPrefixes []string
	More           bool
	LastKey        string // of the page: a key or a common prefix
	LastUpload     string // id; empty behind a common prefix
}

// Uploads lists.
func (s *Store) Uploads(ctx context.Context, q ListUploads) (page UploadPage, err error) {
	if q.Limit <= 0 {
		return page, nil
	}
	q.Delimiter = textDelimiter(q.Delimiter)
	list, err := s.list(ctx, meta.ListQuery{
		Range: uploadRange(q.Bucket), Prefix: []byte(escapeKey(q.Prefix)), Delimiter: []byte(escapeKey(q.Delimiter)),
		After: q.after(), Limit: q.Limit,
	})
	if err != nil {
		return page, err
	}
	page.More = list.More
	for _, e := range list.Entries {
		if e.CommonPrefix {
			page.LastKey, page.LastUpload = unescapeKey(e.Name), ""
			page.CommonPrefixes = append(page.CommonPrefixes, page.LastKey)
			continue
		}
		u, err := decodeUploadEntry(e)
		if err != nil {
			return page, err
		}
		page.LastKey, page.LastUpload = u.Key, u.ID
		page.Uploads = append(page.Uploads, u)
	}
	return page, nil
}

func decodeUploadEntry(e meta.Entry) (Upload, error) {
	key, suffix, err := splitEscaped(e.Name, suffixLength)
	if err != nil {
		return Upload{}, err
	}
	id, err := readUploadID(suffix)
	if err != nil {
		return Upload{}, err
	}
	return decodeUpload(key, id, e.Value)
}

// after is where the page begins.
func (q *ListUploads) after() []byte {
	key := escapeKey(q.AfterKey)
	switch {
	case key == "":
		return nil
	case rolledUp(q.AfterKey, q.Prefix, q.Delimiter):
		return []byte(key)
	case q.AfterUpload != "":
		return append([]byte(key), firstUploadAfter(q.AfterUpload)...)
	}
	return []byte(key + behindAll)
}

// firstUploadAfter is the suffix that only those of greater ids follow. An id
// that is none of ours is compared as the text that it is, as far as that goes.
func firstUploadAfter(text string) []byte {
	if id, ok := parseUploadID(text); ok {
		return id.suffix()
	}
	low, high := uploadID{}, uploadID{^uint64(0), ^uint64(0)}
	if text > high.String() {
		return []byte(behindAll)
	}
	for i := range 32 { // the greatest id that is not greater than text
		for digit := byte(15); digit > 0; digit-- {
			try := low.withDigit(i, digit)
			if try.String() <= text {
				low = try
				break
			}
		}
	}
	return low.suffix()
}

// withDigit sets one hex digit, counted from the left, that was zero.
func (id uploadID) withDigit(i int, digit byte) uploadID {
	shift := 4 * (15 - i%16)
	if i < 16 {
		id.time |= uint64(digit) << shift
	} else {
		id.chance |= uint64(digit) << shift
	}
	return id
}
