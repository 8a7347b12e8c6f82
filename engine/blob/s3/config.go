package s3

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Config says where a store is and how patient it is. It holds a secret, which
// none of its forms in text shows.
type Config struct {
	Endpoint     string // http://host:port or https://host; "" means Amazon's
	Bucket       string
	Prefix       string // before every object's name; a / is added at its end
	Region       string // "" means us-east-1
	AccessKey    string
	SecretKey    string
	SessionToken string // of temporary credentials, or ""
	CA           string // a file of certificates to trust, PEM; "" means the system's
	PathStyle    bool   // http://host/bucket and not http://bucket.host
	CreateBucket bool   // make a bucket that is not there

	PartBuffers    int           // of 5 MiB each, for all writers together; 0 means 64
	MaxConnections int           // to the store; 0 means 512
	Stall          time.Duration // how long to wait for the next byte; 0 means 30 s
	RetryFor       time.Duration // no new try after that; 0 means 15 s
	Random         io.Reader     // of the ids; nil means crypto/rand
	Logger         *slog.Logger  // told what is tidied up; nil means nobody
}

const (
	defaultRegion      = "us-east-1"
	defaultEndpoint    = "https://s3.amazonaws.com"
	defaultBuffers     = 64
	defaultConnections = 512
	defaultStall       = 30 * time.Second
	defaultRetryFor    = 15 * time.Second
	maxPrefix          = 512 // of the 1024 bytes of an object's name
)

// String names the bucket, not who asks for it.
func (c Config) String() string {
	return fmt.Sprintf("s3://%s/%s at %s", c.Bucket, c.Prefix, c.Endpoint)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// MarshalText is String, so that a log shows no secret either.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// The variables that credentials come from: the first of each that is set.
const (
	accessKeyVariable    = "OSSD_S3_ACCESS_KEY_ID"
	secretKeyVariable    = "OSSD_S3_SECRET_ACCESS_KEY"
	awsAccessKeyVariable = "AWS_ACCESS_KEY_ID"
	awsSecretKeyVariable = "AWS_SECRET_ACCESS_KEY"
	awsTokenVariable     = "AWS_SESSION_TOKEN"
)

var errCredentialsInURL = fmt.Errorf("blob/s3: credentials do not belong into the URL: set %s and %s in the environment", accessKeyVariable, secretKeyVariable)

// Parse is ParseIn with the process's own environment.
func Parse(text string) (Config, error) { return ParseIn(text, os.Getenv) }

// ParseIn reads s3://bucket/prefix?endpoint=…&region=…&path-style=…&ca=…&create=…
// and takes the credentials from an environment. Path style is the default
// where an endpoint is given.
func ParseIn(text string, getenv func(string) string) (Config, error) {
	u, err := url.Parse(text)
	if err != nil { // whose text would repeat the URL, and what may be in it
		return Config{}, errors.New("blob/s3: this is no URL; one is s3://bucket/prefix?endpoint=http://127.0.0.1:7070")
	}
	if u.User != nil {
		return Config{}, errCredentialsInURL
	}
	if u.Scheme != "s3" || u.Host == "" || u.Fragment != "" {
		return Config{}, errors.New("blob/s3: want s3://bucket/prefix?endpoint=…")
	}
	c := Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, errors.New("blob/s3: the URL's parameters cannot be parsed")
	}
	c.PathStyle = query.Has("endpoint")
	for name, values := range query {
		if err := c.set(name, values); err != nil {
			return Config{}, err
		}
	}
	return c, c.credentials(getenv)
}

func (c *Config) set(name string, values []string) (err error) {
	value := values[0]
	switch {
	case slices.ContainsFunc([]string{"key", "secret", "token", "password", "credential"}, func(s string) bool { return strings.Contains(strings.ToLower(name), s) }):
		return errCredentialsInURL
	case len(values) > 1:
		return fmt.Errorf("blob/s3: the URL gives %q twice", name)
	}
	switch name {
	case "endpoint":
		c.Endpoint = value
	case "region":
		c.Region = value
	case "ca":
		c.CA = value
	case "path-style":
		c.PathStyle, err = strconv.ParseBool(value)
	case "create":
		c.CreateBucket, err = strconv.ParseBool(value)
	default:
		return fmt.Errorf("blob/s3: the URL's parameter %q is none of endpoint, region, path-style, ca, create", name)
	}
	if err != nil {
		return fmt.Errorf("blob/s3: the URL's %s must be true or false", name)
	}
	return nil
}

func (c *Config) credentials(getenv func(string) string) error {
	c.AccessKey, c.SecretKey = getenv(accessKeyVariable), getenv(secretKeyVariable)
	if c.AccessKey == "" && c.SecretKey == "" {
		c.AccessKey, c.SecretKey, c.SessionToken = getenv(awsAccessKeyVariable), getenv(awsSecretKeyVariable), getenv(awsTokenVariable)
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		return fmt.Errorf("blob/s3: no credentials: set %s and %s (or %s and %s) in the environment",
			accessKeyVariable, secretKeyVariable, awsAccessKeyVariable, awsSecretKeyVariable)
	}
	return nil
}

// complete puts the defaults in and tells what cannot be.
func (c *Config) complete() error {
	orElse(&c.Endpoint, defaultEndpoint)
	orElse(&c.Region, defaultRegion)
	orElse(&c.PartBuffers, defaultBuffers)
	orElse(&c.MaxConnections, defaultConnections)
	orElse(&c.Stall, defaultStall)
	orElse(&c.RetryFor, defaultRetryFor)
	orElse(&c.Logger, slog.New(slog.DiscardHandler))
	if c.Prefix = strings.Trim(c.Prefix, "/"); c.Prefix != "" {
		c.Prefix += "/"
	}
	if len(c.Prefix) > maxPrefix {
		return fmt.Errorf("the prefix is longer than %d bytes", maxPrefix)
	}
	if c.AccessKey == "" || c.SecretKey == "" {
		return errors.New("no credentials")
	}
	return nil
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// client makes a client that tries everything once: what is tried again is
// decided here, where it is counted and bounded.
func (c Config) client(m *metrics) (*minio.Core, *transport, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, nil, errors.New("the endpoint must be http://host:port or https://host, without path or user")
	}
	trust, err := c.trust()
	if err != nil {
		return nil, nil, err
	}
	t := newTransport(c, trust, m)
	lookup := minio.BucketLookupDNS
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(c.AccessKey, c.SecretKey, c.SessionToken),
		Secure:       u.Scheme == "https",
		Transport:    t,
		Region:       c.Region,
		BucketLookup: lookup,
		MaxRetries:   1,
	})
	return core, t, err
}

func (c Config) trust() (*tls.Config, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA == "" {
		return trust, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, err
	}
	trust.RootCAs = x509.NewCertPool()
	if !trust.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", c.CA)
	}
	return trust, nil
}
