package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/protocol/signature"
)

// signOptions are the flags of sign.
type signOptions struct {
	client
	method, scheme  string
	expires         time.Duration
	headers, params []string

	post        bool
	maxSize     string
	contentType string
}

func newSign() *cobra.Command {
	var o signOptions
	cmd := &cobra.Command{
		Use:   "sign oss://BUCKET[/KEY]",
		Short: "Print a signed URL, or the fields of a signed form",
		Long: `Print a URL that lets whoever holds it do one thing until it expires.

No request is made: the URL is computed from the access key, or from temporary
credentials if ALIBABA_CLOUD_SECURITY_TOKEN is set. It may do what they may do at
the time when it is used, and it ends with the token at the latest. The headers
that must be sent along, because they are signed, are told on standard error.

With --post, print the fields of an HTML form instead, as JSON. The form lets
whoever holds it upload objects whose keys begin with what is given as KEY.`,
		Example: `  ossd sign oss://photos/cat.jpg --expires 1h
  curl -T cat.jpg "$(ossd sign oss://photos/cat.jpg --method PUT)"
  ossd sign oss://photos/cat.jpg --scheme v1 --endpoint http://oss-cn-hangzhou.aliyuncs.com
  ossd sign oss://photos/cat.jpg --query response-content-disposition=attachment
  ossd sign oss://photos/cat.jpg --method PUT --header 'Content-Type: image/jpeg' --header 'x-oss-object-acl: public-read'
  ossd sign --post oss://photos/uploads/ --expires 1h --max-size 10MiB --content-type 'image/*'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			resource, err := parseOSS(args[0])
			if err != nil {
				return err
			}
			if err := o.open(); err != nil {
				return err
			}
			return o.run(cmd.OutOrStdout(), cmd.ErrOrStderr(), resource)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.method, "method", "X", http.MethodGet, "HTTP method that the URL allows")
	f.DurationVar(&o.expires, "expires", time.Hour, "how long the URL works (V4: at most 168h)")
	f.StringVar(&o.scheme, "scheme", "v4", "signature version: v4, v2 or v1")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "header 'Name: value' that is signed and must be sent (repeatable)")
	f.StringArrayVarP(&o.params, "query", "q", nil, "query parameter name=value, or a bare name (repeatable)")
	f.BoolVar(&o.post, "post", false, "sign an upload form instead of a URL")
	f.StringVar(&o.maxSize, "max-size", "", "with --post: largest file, such as 500KB or 10MiB")
	f.StringVar(&o.contentType, "content-type", "", "with --post: content type of the file, such as image/png or image/*")
	return cmd
}

func (o *signOptions) run(out, notes io.Writer, resource signature.Resource) error {
	now := time.Now()
	if o.expires < time.Second {
		return fmt.Errorf("--expires must be at least a second, not %s", o.expires)
	}
	if o.post {
		if o.headers != nil || o.params != nil {
			return errors.New("a form has neither --header nor --query")
		}
		if err := o.signForm(out, resource, now); err != nil {
			return err
		}
	} else {
		if o.maxSize != "" || o.contentType != "" {
			return errors.New("--max-size and --content-type bound forms; they go with --post")
		}
		signed, err := o.presign(notes, resource, now)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, signed)
	}
	warnOfToken(notes, o.cred, now.Add(o.expires))
	return nil
}

// maxV4 is the longest life of a V4 URL.
const maxV4 = 7 * 24 * time.Hour

func (o *signOptions) presign(notes io.Writer, resource signature.Resource, now time.Time) (string, error) {
	scheme := signature.Scheme(o.scheme + "-url")
	switch scheme {
	case signature.V4URL:
		if o.expires > maxV4 {
			return "", fmt.Errorf("a V4 URL lives at most 7 days (168h), not %s", o.expires)
		}
	case signature.V1URL, signature.V2URL:
	default:
		return "", errScheme(o.scheme)
	}
	if scheme == signature.V1URL && resource.Key == "" {
		return "", errors.New("a V1 URL is for an object: name its key, or sign with --scheme v4")
	}
	base, host, path, err := o.address(resource)
	if err != nil {
		return "", err
	}
	r := &signature.Request{Method: strings.ToUpper(o.method), Host: host, Path: path}
	if r.Header, err = parseHeaders(o.headers); err != nil {
		return "", err
	}
	for _, p := range o.params {
		name, value, found := strings.Cut(p, "=")
		if scheme == signature.V1URL && !signature.V1Signs(name) {
			fmt.Fprintf(notes, "note: V1 does not sign the parameter %s; whoever holds the URL can change it\n", name)
		}
		r.Query = append(r.Query, signature.Param{Name: name, Value: value, Bare: !found})
	}
	if err := signature.Presign(scheme, r, resource, o.cred, o.region, now, o.expires); err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(notes, "send along: %s: %s\n", name, r.Header.Get(name))
	}
	return base.Scheme + "://" + host + path + "?" + r.Query.Encode(), nil
}

func errScheme(name string) error {
	return fmt.Errorf("unknown signature version %q: use v4, v2 or v1", name)
}

// address is where a resource is reached: the endpoint, the Host header and the
// path. An endpoint below a path has its buckets there too.
func (c *client) address(resource signature.Resource) (base *url.URL, host, path string, err error) {
	base, err = url.Parse(c.endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, "", "", fmt.Errorf("endpoint %q: write it as https://oss.example.com", c.endpoint)
	}
	prefix := strings.TrimRight(base.EscapedPath(), "/")
	host, path = base.Host, "/"+signature.EncodePath(resource.Key)
	if prefix != "" || pathStyle(base.Hostname()) {
		path = prefix + "/" + resource.Bucket + path
	} else {
		host = resource.Bucket + "." + host
	}
	return base, host, path, nil
}

// pathStyle tells whether the bucket must go into the path: addresses have no subdomains.
func pathStyle(host string) bool { return host == "localhost" || net.ParseIP(host) != nil }

// parseHeaders reads lines "Name: value". Only headers that a signature covers make
// sense: any other can be sent with every URL.
func parseHeaders(lines []string) (http.Header, error) {
	h := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		if !ok || name == "" {
			return nil, fmt.Errorf("header %q: write it as 'Name: value'", line)
		}
		if name != "Content-Type" && name != "Content-Md5" && !strings.HasPrefix(name, "X-Oss-") {
			return nil, fmt.Errorf("the header %s is not signed; send it or not, the URL works", name)
		}
		h.Set(name, strings.TrimSpace(value))
	}
	return h, nil
}

// tokenExpiration is the end of the security token in the environment, zero if it
// is not known: only the server can open a token.
func tokenExpiration(cred signature.Credentials) time.Time {
	if cred.SecurityToken == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN_EXPIRATION"))
	if err != nil {
		return time.Time{}
	}
	return t
}

func warnOfToken(notes io.Writer, cred signature.Credentials, ends time.Time) {
	if t := tokenExpiration(cred); !t.IsZero() && t.Before(ends) {
		fmt.Fprintf(notes, "warning: the security token ends at %s, before what it signs (%s); that ends with it\n",
			t.UTC().Format(time.RFC3339), ends.UTC().Format(time.RFC3339))
	}
}
