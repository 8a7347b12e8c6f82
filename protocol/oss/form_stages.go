package oss

import (
	"bufio"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"ossd/objectstore"
	"ossd/protocol/formpolicy"
)

// The stages of the pipeline that form uploads alone have.

// isForm tells a form upload from all other requests. What it carries as
// signature in its headers or URL does not count.
func (c *call) isForm() bool {
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	return c.r.Method == http.MethodPost && c.resource.Bucket != "" && c.resource.Key == "" &&
		strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data")
}

// readForm reads the form's fields. From then on the object that they name is
// the one that the request is about.
func (c *call) readForm() error {
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return errFormKind
	}
	length, err := c.bodyLength()
	if err != nil {
		return err
	}
	if length > maxFormSize {
		return errFormSize
	}
	digest, err := contentMD5(c.r.Header.Get("Content-MD5"))
	if err != nil {
		return err
	}
	// The parser asks for 4 KiB at a time, which would be a system call each.
	room := int64(64 << 10)
	if length >= 0 {
		room = min(room, length)
	}
	// The fields of a form for no bucket are not worth holding.
	if !objectstore.ValidBucketName(c.resource.Bucket) {
		return &objectstore.Error{Kind: objectstore.InvalidBucketName, Bucket: c.resource.Bucket}
	}
	if _, err := c.Store.Bucket(c.r.Context(), c.resource.Bucket); err != nil {
		return err
	}
	f := newForm(bufio.NewReaderSize(c.body, int(room)), params["boundary"], digest)
	f.held = &c.forms
	key, err := f.readKey(c.resource.Bucket)
	if err != nil {
		f.release()
		return err
	}
	c.form, c.resource.Key = f, key
	c.parameters = f.headers()
	return nil
}

// readKey reads the fields and returns the key that they name.
func (f *form) readKey(bucket string) (string, error) {
	if err := f.readFields(); err != nil {
		return "", err
	}
	if f.fields["key"] == "" {
		return "", errFormKey
	}
	key, ok := f.key()
	if !ok {
		return "", &objectstore.Error{Kind: objectstore.ObjectNameTooLong, Bucket: bucket}
	}
	return key, objectstore.CheckKey(bucket, key)
}

// checkFormPolicy holds a form against the policy that its signer wrote; one that
// is not signed has none.
func (c *call) checkFormPolicy() (err error) {
	if c.form == nil || c.claim == nil {
		return nil
	}
	if c.policy, err = formpolicy.Parse(c.form.fields["policy"]); err != nil {
		return err
	}
	// The clock is read now: fields that trickle in must not stop it.
	if err := c.policy.CheckTime(c.Now()); err != nil {
		return err
	}
	err = c.policy.Check(func(name string) (string, bool) {
		if name == "bucket" {
			return c.resource.Bucket, true
		}
		return c.form.fields.value(name)
	})
	if err != nil {
		return err
	}
	return c.policy.CheckExclusions("key", c.resource.Key)
}

// refuseUnservedFields is refuseUnserved for what a form asks for.
func (c *call) refuseUnservedFields() error {
	for name := range c.form.fields {
		unserved := effectiveHeaders[http.CanonicalHeaderKey(name)] && !slices.Contains(c.operation.Headers, name)
		if unserved || name == "callback" || name == "callback-var" {
			return notImplementedHeader(name)
		}
	}
	return nil
}

// formFile is the file as objectstore may have it.
func (c *call) formFile() io.Reader {
	size := formpolicy.Range{Max: objectstore.MaxObjectSize}
	if c.policy != nil {
		size = c.policy.Size()
		size.Max = min(size.Max, objectstore.MaxObjectSize)
	}
	return &fileReader{form: c.form, size: size}
}

// fileReader yields the content of the file. It ends well only if the size is
// within bounds and the rest of the form is in order, so that nothing is stored
// of a form that is refused.
type fileReader struct {
	form *form
	size formpolicy.Range
	read int64
}

func (r *fileReader) Read(p []byte) (int, error) {
	n, err := r.form.file.Read(p)
	r.read += int64(n)
	switch {
	case r.read > r.size.Max:
		return 0, errFormSize
	case err == io.EOF && r.read < r.size.Min:
		return 0, errFileTooSmall
	case err == io.EOF:
		if err := r.form.finish(); err != nil {
			return 0, err
		}
		return n, io.EOF
	case err != nil:
		return 0, r.form.failure()
	}
	return n, nil
}
