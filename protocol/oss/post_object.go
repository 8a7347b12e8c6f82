package oss

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"ossd/objectstore"
)

// PostObject takes its parameters from the fields of a form; see form_stages.go for
// what happens before its permission is asked.
var postObject = define(Operation{
	Name: "PostObject", Method: "POST", On: Object, Form: true, Action: actionPut, TrafficLimit: true,
	Headers: propertyHeaders,
}, doPostObject)

type postObjectInput struct {
	propertiesInput
	SuccessStatus   string `header:"success_action_status"`
	SuccessRedirect string `header:"success_action_redirect"`
}

type postObjectOutput struct {
	putObjectOutput
	Redirect string        `header:"Location"`
	Document *postResponse `body:"xml"`

	code int
}

type postResponse struct {
	XMLName  struct{} `xml:"PostResponse"`
	Bucket   string
	Location string
	Key      string
	ETag     string
}

func (o *postObjectOutput) status() int { return o.code }

func doPostObject(ctx context.Context, c *call, in *postObjectInput) (*postObjectOutput, error) {
	put := objectstore.Put{Bucket: c.found.Bucket, Key: c.resource.Key, ForbidOverwrite: in.ForbidOverwrite}
	put.Incoming = objectstore.Incoming{Body: c.paced(c.formFile()), Size: -1, Confirm: func() error { return c.reauthorize(ctx) }}
	var err error
	if put.Properties, err = in.properties(c.parameters); err != nil {
		return nil, err
	}
	if err := checkHeaders(put.Headers, put.Metadata); err != nil {
		return nil, err
	}
	redirect, err := redirectURL(in.SuccessRedirect)
	if err != nil {
		return nil, err
	}
	o, err := c.Store.PutObject(ctx, put)
	if err != nil {
		return nil, err
	}
	out := &postObjectOutput{
		putObjectOutput: *c.putOutput(&o),
		code:            http.StatusNoContent,
	}
	switch {
	case redirect != nil:
		out.code, out.Redirect = http.StatusSeeOther, c.redirectTo(redirect, out.ETag)
	case in.SuccessStatus == "200":
		out.code = http.StatusOK
	case in.SuccessStatus == "201":
		out.code = http.StatusCreated
		out.Document = &postResponse{Bucket: c.resource.Bucket, Location: c.objectURL(), Key: c.resource.Key, ETag: out.ETag}
	}
	return out, nil
}

// redirectURL reads success_action_redirect, nil if it is empty. Other schemes
// than those of the web would let a form run scripts in its own name.
func redirectURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, invalidArgument("success_action_redirect", text, "success_action_redirect must be an http or https URL.")
	}
	return u, nil
}

// redirectTo tells the page behind u what was stored.
func (c *call) redirectTo(u *url.URL, etag string) string {
	query := "bucket=" + url.QueryEscape(c.resource.Bucket) + "&key=" + url.QueryEscape(c.resource.Key) + "&etag=" + url.QueryEscape(etag)
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String()
}

// objectURL is the object's address, the bucket named as the form named it.
func (c *call) objectURL() string {
	// A plus sign in a path means a space to several clients, and to this server.
	return c.urlOf(strings.NewReplacer("%2F", "/", "+", "%2B").Replace(url.PathEscape(c.resource.Key)))
}

// objectLocation is the same with every slash of the key escaped (SDK suite Java, composeLocation).
func (c *call) objectLocation() string { return c.urlOf(encodeKey(c.resource.Key)) }

func (c *call) urlOf(path string) string {
	if c.Domains.HostBucket(c.r.Host) == "" {
		path = c.resource.Bucket + "/" + path
	}
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + "/" + path
}

// maxStoredHeader bounds one header that is stored, in bytes. PutObject needs no
// such bound: the head of its request has one.
const maxStoredHeader = 8 << 10

// checkHeaders refuses what could not have come in a header, and could not be
// sent in one.
func checkHeaders(headers, metadata []objectstore.Header) error {
	for _, h := range headers {
		if !isHeaderValue(h.Value) {
			return invalidArgument(h.Name, "", "The value of "+h.Name+" cannot be sent in a header.")
		}
	}
	for _, m := range metadata {
		if !isToken(m.Name) || !isHeaderValue(m.Value) {
			return invalidArgument("x-oss-meta-*", "", "The name or value of user metadata cannot be sent in a header.")
		}
	}
	return nil
}

func isHeaderValue(s string) bool {
	return len(s) <= maxStoredHeader && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// isToken tells names of headers (RFC 9110, 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
