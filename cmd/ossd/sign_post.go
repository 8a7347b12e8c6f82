package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"ossd/protocol/signature"
)

// signedForm is what an upload needs to know: where to, until when, and its fields.
// The file comes last, in a part named file.
type signedForm struct {
	URL     string            `json:"url"`
	Expires time.Time         `json:"expires"`
	Fields  map[string]string `json:"fields"`
}

// signForm prints the fields of a form for keys that begin with that of the resource.
func (o *signOptions) signForm(out io.Writer, resource signature.Resource, now time.Time) error {
	scheme := signature.Scheme(o.scheme + "-post")
	switch scheme {
	case signature.V4Form, signature.V2Form, signature.V1Form:
	default:
		return errScheme(o.scheme)
	}
	base, host, path, err := o.address(signature.Resource{Bucket: resource.Bucket})
	if err != nil {
		return err
	}
	form := signedForm{
		URL: base.Scheme + "://" + host + path, Expires: now.Add(o.expires).UTC().Truncate(time.Second),
		Fields: map[string]string{"key": resource.Key + "${filename}"},
	}
	conditions := []any{map[string]string{"bucket": resource.Bucket}, []string{"starts-with", "$key", resource.Key}}
	if o.maxSize != "" {
		size, err := parseSize(o.maxSize)
		if err != nil {
			return err
		}
		conditions = append(conditions, []any{"content-length-range", 0, size})
	}
	if o.contentType != "" {
		prefix, family := strings.CutSuffix(o.contentType, "*")
		if family {
			conditions = append(conditions, []string{"starts-with", "$content-type", prefix})
		} else {
			conditions = append(conditions, []string{"eq", "$content-type", o.contentType})
			form.Fields["Content-Type"] = o.contentType
		}
	}
	identity, err := signature.PrepareForm(scheme, o.cred, o.region, now)
	if err != nil {
		return err
	}
	for _, f := range identity {
		conditions = append(conditions, map[string]string{f.Name: f.Value})
	}
	policy, err := json.Marshal(map[string]any{"expiration": form.Expires.Format("2006-01-02T15:04:05.000Z"), "conditions": conditions})
	if err != nil {
		return err
	}
	fields, err := signature.SignForm(scheme, base64.StdEncoding.EncodeToString(policy), o.cred, o.region, now)
	if err != nil {
		return err
	}
	for _, f := range fields {
		form.Fields[f.Name] = f.Value
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(form)
}

// maxFormSize is the largest file that a form uploads, 5 GB.
const maxFormSize = 5 << 30

// parseSize reads a number of bytes, such as 1024, 500KB or 10MiB.
func parseSize(text string) (int64, error) {
	n, ok := parseBytes(text, maxFormSize)
	if !ok {
		return 0, fmt.Errorf("size %q: write it as 1024, 500KB or 10MiB, 5 GiB at most", text)
	}
	return n, nil
}
