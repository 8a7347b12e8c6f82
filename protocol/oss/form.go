package oss

import (
	"bytes"
	"crypto/md5"
	"errors"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"ossd/objectstore"
)

// Limits of a form (vendor documentation "PostObject", 0006-00000110 to -112).
// What lies before the file must be held, since the signature and the policy may
// come last in it; the file itself never is.
const (
	maxFieldName  = 8 << 10 // bytes
	maxFieldValue = 2 << 20 // bytes
	maxFieldsSize = 8 << 20 // bytes of all names and values before the file
	maxParts      = 1000    // the vendor names no number
	maxPartHead   = 32 << 10
	maxFormSize   = objectstore.MaxObjectSize + 2*maxFieldsSize

	// fieldsTimeout bounds how long the fields may take to arrive: nobody knows
	// yet whom the memory they lie in is held for.
	fieldsTimeout = 2 * time.Minute
)

// form is a form upload on its way in: all its fields, and the file, of which
// nothing has been read (RFC 7578).
type form struct {
	body   *formBody
	parts  *multipart.Reader
	count  int // of parts so far
	size   int // of names and values so far
	held   *formBytes
	digest []byte    // what the MD5 of the whole body must be; nil: anything
	fields fieldMap  // as they were sent, but for content-type: see readFields
	file   io.Reader // nil before readFields
	name   string    // of the file, without its path; often ""
}

// fieldMap holds fields by name in lower case: the case of a name does not count.
type fieldMap map[string]string

func (m fieldMap) value(name string) (string, bool) {
	v, ok := m[strings.ToLower(name)]
	return v, ok
}

// newForm returns the form in body, which must have the MD5 sum digest unless
// that is nil. Nothing is read yet.
func newForm(body io.Reader, boundary string, digest []byte) *form {
	f := &form{body: &formBody{r: body}, digest: digest, fields: fieldMap{}}
	if digest != nil {
		f.body.md5 = md5.New()
	}
	// The parser must not see the end of the body: it takes one behind a boundary
	// that announces a part for the end of the form. The line end is for clients
	// that leave out the one behind the last boundary.
	f.parts = multipart.NewReader(io.MultiReader(f.body, strings.NewReader("\r\n"), earlyEnd{}), boundary)
	return f
}

type earlyEnd struct{}

func (earlyEnd) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// readFields reads up to the content of the file.
//
// A field that is given twice is refused. One of the two would be used, and a
// reader of the policy, of a log or of a proxy's rule might look at the other.
//
// The type of the object comes from the field x-oss-content-type, the head of
// the file, or the field Content-Type, in this order. It is kept as the field
// content-type, so that conditions see what will be stored.
func (f *form) readFields() error {
	f.body.until = time.Now().Add(fieldsTimeout)
	for {
		p, err := f.next()
		if err == io.EOF {
			return f.errNoFile()
		}
		if err != nil {
			return err
		}
		if p.field == "file" {
			f.body.until = time.Time{}
			f.file, f.name = p, baseName(p.fileName)
			for _, t := range []string{f.fields["x-oss-content-type"], p.Header.Get("Content-Type")} {
				if t != "" {
					f.fields["content-type"] = t
					break
				}
			}
			return nil
		}
		if _, again := f.fields[p.field]; again {
			return invalidArgument(p.field, "", "The field is given more than once.")
		}
		if f.fields[p.field], err = f.readValue(p); err != nil {
			return err
		}
	}
}

// errNoFile refuses a form that ended without a file. Without a key either, the
// key is what is said to be missing.
func (f *form) errNoFile() error {
	if f.fields["key"] == "" {
		return errFormKey
	}
	return errFileCount
}

func (f *form) readValue(p *part) (string, error) {
	value, err := io.ReadAll(io.LimitReader(p, maxFieldValue+1))
	switch {
	case err != nil:
		return "", f.failure()
	case len(value) > maxFieldValue:
		return "", errFieldValue
	}
	size := len(p.field) + len(value)
	if f.size += size; f.size > maxFieldsSize {
		return "", errFieldsSize
	}
	if !f.held.take(size) {
		f.size -= size
		return "", errFormsBusy
	}
	return string(value), nil
}

// release gives back the memory that the fields were counted for.
func (f *form) release() {
	f.held.give(f.size)
	f.size = 0
}

// maxFormBytes bounds the fields of all forms that are under way, in bytes: they
// are held before anybody has proved who they are.
const maxFormBytes = 128 << 20

// formBytes counts what forms hold. A nil one counts nothing.
type formBytes struct{ held atomic.Int64 }

func (b *formBytes) take(n int) bool {
	if b == nil || b.held.Add(int64(n)) <= maxFormBytes {
		return true
	}
	b.held.Add(-int64(n))
	return false
}

func (b *formBytes) give(n int) {
	if b != nil {
		b.held.Add(-int64(n))
	}
}

// part is one part of the form. Only its name tells a file from a field: some
// SDKs send the file without a filename.
type part struct {
	*multipart.Part
	field    string // name, in lower case
	fileName string
}

// next returns the next part, or io.EOF behind the last one.
func (f *form) next() (*part, error) {
	if f.count++; f.count > maxParts {
		return nil, errFieldsSize
	}
	f.body.allow(maxPartHead, errFieldName)
	p, err := f.parts.NextRawPart()
	if err == io.EOF {
		f.body.allow(maxFormSize, errFormSize)
		return nil, io.EOF
	}
	if err != nil {
		return nil, f.failure()
	}
	f.body.allow(maxFormSize, errFormSize)
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil || kind != "form-data" || params["name"] == "" {
		return nil, errFormMalformed
	}
	if len(params["name"]) > maxFieldName {
		return nil, errFieldName
	}
	return &part{Part: p, field: strings.ToLower(params["name"]), fileName: params["filename"]}, nil
}

// finish reads what follows the file. Fields there are ignored, as those of the
// vendor's own sample form, which has its submit button there. A second file is
// refused: it would be lost, while the client believes that it was stored.
func (f *form) finish() error {
	for {
		p, err := f.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if p.field == "file" {
			return errFileCount
		}
		if _, err := io.Copy(io.Discard, p); err != nil {
			return f.failure()
		}
	}
	if _, err := io.Copy(io.Discard, f.body); err != nil { // what follows the last boundary
		return f.failure()
	}
	if f.digest != nil && !bytes.Equal(f.digest, f.body.md5.Sum(nil)) {
		return errInvalidDigest
	}
	return nil
}

// failure says why the parser could not go on. Its own words are not kept: they
// quote the body.
func (f *form) failure() error {
	if f.body.refusal != nil {
		return f.body.refusal
	}
	e := *errFormMalformed
	if errors.Is(f.body.broken, os.ErrDeadlineExceeded) {
		e = *errFormSlow
	}
	e.cause = f.body.broken
	return &e
}

// key is the object's key; ${filename} in it stands for the name of the file. ok
// is false if it would be too long: that is found out before it is spelled, for
// two fields of legal size can make gigabytes.
func (f *form) key() (key string, ok bool) {
	const placeholder = "${filename}"
	key = f.fields["key"]
	if n := strings.Count(key, placeholder); len(key)+n*(len(f.name)-len(placeholder)) > objectstore.MaxKeyLength {
		return "", false
	}
	return strings.ReplaceAll(key, placeholder, f.name), true
}

// headers shows the fields as PutObject would get them.
func (f *form) headers() http.Header {
	h := make(http.Header, len(f.fields))
	for name, value := range f.fields {
		h[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return h
}

// baseName strips the path that some browsers send with a file's name.
func baseName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

// formBody is a form's body on its way into the parser, whose own bounds are far
// wider than the fields need.
type formBody struct {
	r     io.Reader
	md5   hash.Hash // of the whole body; nil: nobody asks
	read  int64     // bytes so far
	until time.Time // by when it must have been read; zero: no matter

	limit   int64  // of read
	beyond  *Error // what reaching the limit means
	refusal *Error // why reading stopped
	broken  error  // why reading failed
}

// allow sets how much more may be read, and what reading beyond it means. A form
// as a whole is never allowed more than maxFormSize.
func (b *formBody) allow(n int64, beyond *Error) {
	b.limit, b.beyond = min(b.read+n, maxFormSize), beyond
}

func (b *formBody) Read(p []byte) (int, error) {
	left := b.limit - b.read
	switch {
	case left <= 0:
		b.refusal = b.beyond
	case !b.until.IsZero() && time.Now().After(b.until):
		b.refusal = errFormSlow
	}
	if b.refusal != nil {
		return 0, b.refusal
	}
	n, err := b.r.Read(p[:min(int64(len(p)), left)])
	b.read += int64(n)
	if b.md5 != nil {
		b.md5.Write(p[:n])
	}
	if err != nil && err != io.EOF {
		b.broken = err
	}
	return n, err
}
