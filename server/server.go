// Package server wires engines, rules and protocols into one running server. It
// is the only place, besides tests, that knows all of them, and it decides
// nothing: no rule of buckets, users or requests stands here.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"ossd/access"
	"ossd/audit"
	"ossd/engine/blob"
	"ossd/engine/meta"
	"ossd/internal/forwarded"
	"ossd/internal/idtoken"
	"ossd/internal/localca"
	"ossd/objectstore"
	"ossd/protocol/oss"
	"ossd/protocol/signature"
)

// Config says what is served. The zero value of a field means its default.
type Config struct {
	Data string // directory; required unless Rows and Blobs are given

	// Engines other than those in Data, for tests. The server does not close them.
	Rows  meta.Store
	Blobs blob.Store

	// MetadataURL (postgres://…) and BlobsURL (s3://…) name rows and contents that several
	// servers share. Data then holds what is this node's own. Both or neither.
	MetadataURL, BlobsURL string

	Domains  []string          // service domains for bucket.domain addressing
	CNAMEs   map[string]string // host names, lower case → the bucket that each addresses
	Region   string            // default "cn-hangzhou"; "*" accepts any
	Endpoint string            // how the service is named in answers; default: as the client named it
	// PublicEndpoints are further URLs under which clients reach the server, and
	// TrustedProxies the addresses whose X-Forwarded-* headers count.
	PublicEndpoints, TrustedProxies []string

	Signatures []string // versions of OSS signatures that are accepted; default: all

	TLSNames []string // further names that the local authority signs certificates for
	TLSCert  string   // certificate and key files instead of the local authority's
	TLSKey   string

	Address string // URL under which this machine reaches the server, for the credentials file

	// The first account and its key; generated on first start where empty.
	AccountID, AccessKeyID, AccessKeySecret string

	// OIDCIssuers are URLs of identity providers that accounts may register though
	// they are not public. See package idtoken.
	OIDCIssuers []string

	MasterKey   []byte // 32 bytes; empty: Data/master.key
	Declaration *access.Declaration

	// KeepDeleted is how long replaced and deleted contents are kept; default 15 minutes, and 6 hours where several servers share them.
	KeepDeleted   time.Duration
	ReserveBytes  int64         // free space that is kept; default 256 MiB
	SweepInterval time.Duration // default 10 minutes
	ScrubInterval time.Duration // between two passes of scrubbing; default a week, negative: never
	ScrubRate     int64         // bytes a second that it reads; default 100 MB
	RestoreDelay  time.Duration // how long restoring an archived object takes; default 20 seconds
	UploadAge     time.Duration // after how long without a part a multipart upload is aborted; 0: never

	// MetricsFrom lists the networks that may read /-/metrics; default: loopback.
	MetricsFrom []string

	AuditTo io.Writer // default: Data/audit/audit.jsonl, rotated
	Log     *slog.Logger
	Now     func() time.Time
}

const defaultRegion = "cn-hangzhou"

// Server is a running server without its listeners; see Serve.
type Server struct {
	Config
	Account access.Account
	Root    RootKey // the first account's key
	Changes []access.Change
	// CredentialsFile keeps the first account's key; empty: the key was given, and is not kept.
	CredentialsFile string

	store       *objectstore.Store
	directory   *access.Directory
	audit       *audit.Log
	metrics     *metrics
	forwarded   *forwarded.Restorer
	metricsFrom []netip.Prefix
	tls         *tls.Config
	tokens      *idtoken.Verifier
	handler     *router
	closers     []func() error // run in reverse order
}

// Open starts everything but the listeners. The caller must Close it.
func Open(ctx context.Context, c Config) (_ *Server, err error) {
	c.setDefaults()
	s := &Server{Config: c}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := c.checkElsewhere(); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		s.openNames, s.openData, s.openTLS, s.openEngines, s.openAudit, s.openAccess, s.openProtocols, s.openCare,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c *Config) setDefaults() {
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.ReserveBytes == 0 {
		c.ReserveBytes = 256 << 20
	}
	if c.SweepInterval == 0 {
		c.SweepInterval = 10 * time.Minute
	}
	if c.ScrubInterval == 0 {
		c.ScrubInterval = 7 * 24 * time.Hour
	}
	if c.ScrubRate == 0 {
		c.ScrubRate = 100e6
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if len(c.MetricsFrom) == 0 {
		c.MetricsFrom = []string{"127.0.0.0/8", "::1/128"}
	}
}

// Close stops the work in the background and closes what Open opened.
func (s *Server) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Server) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *Server) openAudit(context.Context) error {
	to := s.AuditTo
	if to == nil {
		if s.Data == "" {
			to = io.Discard
		} else {
			file := &lumberjack.Logger{Filename: s.path("audit", "audit.jsonl"), MaxSize: 100, MaxBackups: 20, Compress: true}
			if err := os.MkdirAll(s.path("audit"), 0o700); err != nil {
				return err
			}
			s.onClose(file.Close)
			to = file
		}
	}
	s.audit = audit.NewLog(to, func(err error) { s.Log.Error("the audit log cannot be written", "error", err) })
	s.onClose(func() error { s.audit.Close(); return nil })
	return nil
}

func (s *Server) openTLS(context.Context) error {
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if s.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return fmt.Errorf("loading the TLS certificate: %w", err)
		}
		s.tls.Certificates = []tls.Certificate{pair}
		return nil
	}
	if s.Data == "" {
		s.tls = nil
		return nil
	}
	authority, err := localca.Open(s.path("tls"), s.ownsName)
	if err != nil {
		return err
	}
	s.tls.GetCertificate = authority.Certificate
	return nil
}

// openNames gathers the host names under which the server is reached.
func (s *Server) openNames(context.Context) error {
	for _, d := range s.Domains {
		if strings.ContainsAny(d, "/: ") || strings.Trim(d, ". ") == "" {
			return fmt.Errorf("service domain %q: write it as oss.example.com", d)
		}
	}
	restorer, hosts, err := forwarded.New(s.PublicEndpoints, s.TrustedProxies)
	if err != nil {
		return err
	}
	for _, version := range s.Signatures {
		if version != "v1" && version != "v2" && version != "v4" {
			return fmt.Errorf("signature version %q: there are v1, v2 and v4", version)
		}
	}
	if s.metricsFrom, err = forwarded.Networks(s.MetricsFrom); err != nil {
		return err
	}
	s.forwarded, s.Domains = restorer, append(lower(s.Domains), hosts...)
	return nil
}

func (s *Server) openProtocols(context.Context) error {
	tokens, err := idtoken.New(idtoken.Config{Local: s.OIDCIssuers, Now: s.Now})
	if err != nil {
		return err
	}
	s.tokens = tokens
	keys := signature.NewKeyCache(4096)
	s.directory.OnKeyChange(keys.Purge)
	s.metrics = newMetrics()
	s.metrics.countSyncs(s.Rows)
	s.metrics.watchElsewhere(s.Rows, s.Blobs)
	records := fanout{s.audit, s.metrics}
	domains := &signature.Domains{Service: s.Domains, CNAMEs: s.CNAMEs}
	api := oss.New(oss.Config{
		Store: s.store, Directory: s.directory, Audit: records, Log: s.Log, Region: s.Region, Endpoint: s.Endpoint,
		Domains: domains, Keys: keys, Signatures: s.Signatures, Now: s.Now,
	})
	s.handler = &router{forwarded: s.forwarded, domains: domains, oss: api, rpc: newRPC(s, api, records), metrics: s.metrics.handler(), metricsFrom: s.metricsFrom, probe: s.probe, log: s.Log}
	return nil
}

// lower spells host names as they are compared.
func lower(names []string) (out []string) {
	for _, n := range names {
		out = append(out, strings.ToLower(strings.TrimSpace(n)))
	}
	return out
}

// fanout hands each record to several sinks.
type fanout []audit.Sink

func (f fanout) Record(r audit.Record) {
	for _, sink := range f {
		sink.Record(r)
	}
}
