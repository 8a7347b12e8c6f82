package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ossd/access"
	"ossd/server"
)

// serveOptions are the flags of serve. Each has an environment variable of its
// name, which a given flag overrides.
type serveOptions struct {
	data, region, endpoint          string
	metadata, blobs                 string
	listen, domains, tlsNames, from []string
	public, proxies, signatures     []string
	cnames, oidcIssuers             []string
	tlsCert, tlsKey                 string
	masterKeyFile, bootstrap        string
	cpuProfile                      string
	restoreDelay, uploadAge         time.Duration
	scrubInterval, keepDeleted      time.Duration
	scrubGiven                      bool
	scrubRate                       string
	verbose                         bool
}

func newServe() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve OSS, STS and RAM",
		Long: `Serve OSS, STS and RAM on one port, plain HTTP and TLS alike.

The first start makes a data directory, an account and its access key, which it
prints once and keeps in DIR/credentials. The certificate authority that signs
the server's certificates is DIR/tls/ca.pem.

With --metadata and --blobs, rows lie in PostgreSQL and contents in an S3-compatible store, which any number
of servers share behind a load balancer; the data directory then holds what is this one's own. See docs/cluster.md.

Environment: OSSD_DATA, OSSD_METADATA, OSSD_BLOBS, OSSD_LISTEN, OSSD_DOMAIN, OSSD_REGION, OSSD_TLS_CERT, OSSD_TLS_KEY stand for the
flags of these names. OSSD_ACCOUNT_ID, OSSD_ACCESS_KEY_ID and OSSD_ACCESS_KEY_SECRET give the account
and its key; OSSD_MASTER_KEY gives the key that seals secrets (64 hex digits). OSSD_S3_ACCESS_KEY_ID and
OSSD_S3_SECRET_ACCESS_KEY are the credentials of --blobs; PGPASSWORD or a password file may be that of --metadata.`,
		Example: `  ossd serve
  ossd serve --data /srv/ossd --listen 127.0.0.1:8280,127.0.0.1:8443
  ossd serve --domain oss.example.com --bootstrap accounts.yaml
  ossd serve --metadata postgres://ossd@db.example.com/ossd --blobs 's3://contents?endpoint=https://s3.example.com' --master-key-file /etc/ossd/master.key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.scrubGiven = cmd.Flags().Changed("scrub-interval")
			return tuned(o.cpuProfile, func() error { return o.run(cmd.Context(), cmd.OutOrStdout()) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.cpuProfile, "cpu-profile", env("OSSD_CPU_PROFILE", ""), "directory for a profile of the CPU time, in the form of pprof")
	_ = f.MarkHidden("cpu-profile") // it fails for a flag that does not exist
	f.StringVar(&o.data, "data", env("OSSD_DATA", defaultData), "data directory")
	f.StringVar(&o.metadata, "metadata", env("OSSD_METADATA", ""), "rows in PostgreSQL, as postgres://user@host/database, for several servers; default: in the data directory")
	f.StringVar(&o.blobs, "blobs", env("OSSD_BLOBS", ""), "contents in an S3-compatible store, as s3://bucket/prefix?endpoint=https://s3.example.com&region=us-east-1")
	f.StringSliceVar(&o.listen, "listen", envList("OSSD_LISTEN", "127.0.0.1:8280"), "addresses to listen on")
	f.StringSliceVar(&o.domains, "domain", envList("OSSD_DOMAIN", "oss-cn-hangzhou.aliyuncs.com"), "service domains: their subdomains address buckets")
	f.StringVar(&o.region, "region", env("OSSD_REGION", "cn-hangzhou"), "region that V4 signatures must name; * accepts any")
	f.StringSliceVar(&o.signatures, "signatures", []string{"v1", "v2", "v4"}, "versions of OSS signatures that are accepted")
	f.StringSliceVar(&o.public, "public-endpoint", nil, "further URLs under which clients reach the server, as https://files.example.com or https://example.com/base")
	f.StringSliceVar(&o.proxies, "trusted-proxy", nil, "addresses or networks of proxies whose X-Forwarded-For, -Host and -Proto count")
	f.StringSliceVar(&o.cnames, "cname", nil, "host names that address a bucket each, as static.example.com=bucket")
	f.StringSliceVar(&o.oidcIssuers, "oidc-issuer", nil, "identity providers on private addresses that accounts may register, as https://idp.example.internal or, on loopback, http://127.0.0.1:9000; any other must be public")
	f.StringVar(&o.endpoint, "endpoint", "", "how answers name the service; default: as the client did")
	f.StringVar(&o.bootstrap, "bootstrap", "", "file (YAML or JSON) with accounts, users, roles, policies and buckets to make at start")
	f.StringVar(&o.masterKeyFile, "master-key-file", "", "file with the key that seals secrets; default: DIR/master.key")
	f.StringVar(&o.tlsCert, "tls-cert", env("OSSD_TLS_CERT", ""), "certificate file, instead of the local authority's")
	f.StringVar(&o.tlsKey, "tls-key", env("OSSD_TLS_KEY", ""), "key file of --tls-cert")
	f.StringSliceVar(&o.tlsNames, "tls-name", nil, "further host names that the local authority signs certificates for")
	f.StringSliceVar(&o.from, "metrics-from", nil, "networks that may read /-/metrics; default: loopback")
	f.DurationVar(&o.uploadAge, "abort-uploads-after", 7*24*time.Hour, "abort multipart uploads that had no new part for so long; 0: never")
	f.DurationVar(&o.keepDeleted, "keep-deleted", 0, "how long contents are kept after they were replaced or deleted; default: 15m, with --blobs 6h")
	f.DurationVar(&o.restoreDelay, "restore-delay", 20*time.Second, "how long it takes to restore an archived object")
	f.DurationVar(&o.scrubInterval, "scrub-interval", 7*24*time.Hour, "how long after it has read all bytes and verified them the server begins again; 0: never, which is the default with --blobs")
	f.StringVar(&o.scrubRate, "scrub-rate", "100MB/s", "how much it reads a second")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "log what clients do wrong, too")
	return cmd
}

const defaultData = "./ossd-data"

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func envList(name, otherwise string) []string { return strings.Split(env(name, otherwise), ",") }

func (o *serveOptions) run(ctx context.Context, out io.Writer) error {
	config, err := o.config()
	if err != nil {
		return err
	}
	// Listening comes first: a port that is taken must not leave a data directory behind.
	listeners, err := listen(ctx, o.listen)
	if err != nil {
		return err
	}
	config.Address = reachable(listeners[0])
	s, err := server.Open(ctx, config)
	if err != nil {
		closeAll(listeners)
		return err
	}
	defer s.Close()
	o.announce(out, s, listeners)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listeners...) }()
	fmt.Fprintln(out, "ossd: ready", reachable(listeners[0]))
	select {
	case err = <-served:
	case <-ctx.Done():
		fmt.Fprintln(out, "ossd: stopping when the requests under way are answered; interrupt again to stop at once")
		err = <-served
	}
	return errors.Join(err, s.Close())
}

func (o *serveOptions) config() (c server.Config, err error) {
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	c = server.Config{
		Data: o.data, MetadataURL: o.metadata, BlobsURL: o.blobs, Domains: o.domains, Region: o.region, Endpoint: o.endpoint, MetricsFrom: o.from,
		Signatures: o.signatures, PublicEndpoints: o.public, TrustedProxies: o.proxies,
		RestoreDelay: max(o.restoreDelay, time.Nanosecond), UploadAge: o.uploadAge, // no delay is not the default one
		KeepDeleted: o.keepDeleted, OIDCIssuers: o.oidcIssuers,
		TLSNames: o.tlsNames, TLSCert: o.tlsCert, TLSKey: o.tlsKey,
		AccountID: os.Getenv("OSSD_ACCOUNT_ID"), AccessKeyID: os.Getenv("OSSD_ACCESS_KEY_ID"), AccessKeySecret: os.Getenv("OSSD_ACCESS_KEY_SECRET"),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
	if len(o.signatures) == 0 {
		return c, errors.New("--signatures names no version: there are v1, v2 and v4")
	}
	if c.CNAMEs, err = parseCNAMEs(o.cnames); err != nil {
		return c, err
	}
	if o.uploadAge < 0 || o.restoreDelay < 0 || o.scrubInterval < 0 || o.keepDeleted < 0 {
		return c, errors.New("--abort-uploads-after, --restore-delay, --scrub-interval and --keep-deleted cannot be negative")
	}
	if c.ScrubInterval = o.scrubInterval; c.ScrubInterval == 0 || o.blobs != "" && !o.scrubGiven {
		c.ScrubInterval = -1 // never is not the default; nor is reading all of what somebody else's disks hold
	}
	if c.ScrubRate, err = parseRate("--scrub-rate", o.scrubRate); err != nil {
		return c, err
	}
	if c.ScrubRate == 0 {
		c.ScrubRate = -1 // nor is no limit
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return c, fmt.Errorf("--tls-cert and --tls-key go together")
	}
	if c.MasterKey, err = o.masterKey(); err != nil {
		return c, err
	}
	if o.bootstrap != "" {
		text, err := os.ReadFile(o.bootstrap)
		if err != nil {
			return c, err
		}
		declaration, err := access.ParseDeclaration(text)
		if err != nil {
			return c, fmt.Errorf("%s: %w", o.bootstrap, err)
		}
		c.Declaration = &declaration
	}
	return c, nil
}

func parseCNAMEs(list []string) (map[string]string, error) {
	names := map[string]string{}
	for _, text := range list {
		host, bucket, ok := strings.Cut(strings.TrimSpace(text), "=")
		if !ok || host == "" || bucket == "" || strings.ContainsAny(host, "/: ") {
			return nil, fmt.Errorf("--cname %q: write it as static.example.com=bucket", text)
		}
		names[strings.ToLower(host)] = bucket
	}
	return names, nil
}

func (o *serveOptions) masterKey() ([]byte, error) {
	text := os.Getenv("OSSD_MASTER_KEY")
	if o.masterKeyFile != "" {
		b, err := os.ReadFile(o.masterKeyFile)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	if text == "" {
		return nil, nil
	}
	return server.ParseMasterKey(text)
}

func listen(ctx context.Context, addresses []string) (listeners []net.Listener, err error) {
	for _, a := range addresses {
		a = strings.TrimSpace(a)
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
			// An empty host would mean every interface of the machine: who wants that says 0.0.0.0.
			closeAll(listeners)
			return nil, fmt.Errorf("--listen %q: write it as 127.0.0.1:8280", a)
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", a)
		if err != nil {
			closeAll(listeners)
			return nil, fmt.Errorf("%w; choose another address with --listen", err)
		}
		listeners = append(listeners, l)
	}
	if len(listeners) == 0 {
		return nil, errors.New("--listen names no address: write it as 127.0.0.1:8280")
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// reachable is the URL of a listener for a client on this machine.
func reachable(l net.Listener) string {
	address := l.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", address.Port)
	}
	return "http://" + address.String()
}

// announce says what is served and, on first start, the key and what to try.
func (o *serveOptions) announce(out io.Writer, s *server.Server, listeners []net.Listener) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "ossd: %-9s "+format+"\n", append([]any{name}, args...)...)
	}
	for _, change := range s.Changes {
		line("bootstrap", "%s", change)
	}
	line("data", "%s", o.data)
	if u, err := url.Parse(o.metadata); err == nil && o.metadata != "" {
		line("metadata", "in %s", u.Redacted())
		line("blobs", "in %s", o.blobs)
	}
	for _, l := range listeners {
		line("listening", "on %s, plain and TLS", l.Addr())
	}
	if o.tlsCert == "" {
		line("trust", "%s", filepath.Join(o.data, "tls", "ca.pem"))
	}
	line("region", "%s", o.region)
	line("account", "%s", s.Account.ID)
	switch {
	case s.Root.Created:
		line("key id", "%s", s.Root.AccessKeyID)
		line("secret", "%s", s.Root.Secret)
		line("kept in", "%s", s.CredentialsFile)
		program := os.Args[0]
		line("try", `curl -X PUT "$(%s sign oss://demo --method PUT)"`, program)
		line("", `curl -T README.md "$(%s sign oss://demo/README.md --method PUT)"`, program)
		line("", `curl "$(%s sign oss://demo/README.md --expires 1h)"`, program)
	case s.CredentialsFile != "":
		line("key", "in %s", s.CredentialsFile)
	case s.Root.AccessKeyID != "":
		line("key id", "%s, as given", s.Root.AccessKeyID)
	}
}
