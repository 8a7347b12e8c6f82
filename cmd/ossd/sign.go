package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/protocol/signature"
)

func newSign() *cobra.Command {
	var (
		c       client
		method  string
		expires time.Duration
		scheme  string
	)
	cmd := &cobra.Command{
		Use:   "sign oss://BUCKET[/KEY]",
		Short: "Print a signed URL",
		Long: `Print a URL that lets whoever holds it do one thing until it expires.

No request is made: the URL is computed from the access key. It may do what the
key may do at the time when it is used.`,
		Example: `  ossd sign oss://photos/cat.jpg --expires 1h
  curl -T cat.jpg "$(ossd sign oss://photos/cat.jpg --method PUT)"
  ossd sign oss://photos/cat.jpg --scheme v1 --endpoint http://oss-cn-hangzhou.aliyuncs.com`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			resource, err := parseOSS(args[0])
			if err != nil {
				return err
			}
			if err := c.open(); err != nil {
				return err
			}
			signed, err := c.presign(resource, strings.ToUpper(method), scheme, expires)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), signed)
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVarP(&method, "method", "X", http.MethodGet, "HTTP method that the URL allows")
	cmd.Flags().DurationVar(&expires, "expires", time.Hour, "how long the URL works (V4: at most 168h)")
	cmd.Flags().StringVar(&scheme, "scheme", "v4", "signature version: v4 or v1")
	return cmd
}

// maxV4 is the longest life of a V4 URL.
const maxV4 = 7 * 24 * time.Hour

func (c *client) presign(resource signature.Resource, method, version string, expires time.Duration) (string, error) {
	var scheme signature.Scheme
	switch version {
	case "v4":
		scheme = signature.V4URL
		if expires > maxV4 {
			return "", fmt.Errorf("a V4 URL lives at most 7 days (168h), not %s", expires)
		}
	case "v1":
		scheme = signature.V1URL
	default:
		return "", fmt.Errorf("unknown signature version %q: use v4 or v1", version)
	}
	if expires < time.Second {
		return "", fmt.Errorf("--expires must be at least a second, not %s", expires)
	}
	base, err := url.Parse(c.endpoint)
	if err != nil {
		return "", fmt.Errorf("endpoint %q: %w", c.endpoint, err)
	}
	host, path := base.Host, "/"+signature.EncodePath(resource.Key)
	if pathStyle(base.Hostname()) {
		path = "/" + resource.Bucket + path
	} else {
		host = resource.Bucket + "." + host
	}
	r := &signature.Request{Method: method, Host: host, Path: path, Header: http.Header{}}
	if err := signature.Presign(scheme, r, resource, c.cred, c.region, time.Now(), expires); err != nil {
		return "", err
	}
	return base.Scheme + "://" + host + path + "?" + r.Query.Encode(), nil
}

// pathStyle tells whether the bucket must go into the path: addresses have no subdomains.
func pathStyle(host string) bool { return host == "localhost" || net.ParseIP(host) != nil }
