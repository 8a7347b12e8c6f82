// Package oss speaks the REST API of OSS: it finds out what a request asks for,
// proves who asks, has the question of permission answered, lets objectstore
// do the work and spells the answer. It knows no engine, and decides nothing
// that package access or package objectstore could decide.
//
// An operation is one file that declares itself: name, method, target,
// sub-resources, a request struct, a response struct and a function. What all
// operations share stands once, in pipeline.go.
package oss

import (
	"log/slog"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"ossd/access"
	"ossd/access/policy"
	"ossd/audit"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// Config is what the API stands on.
type Config struct {
	Store     *objectstore.Store
	Directory *access.Directory
	Audit     audit.Sink
	Log       *slog.Logger

	Domains *signature.Domains
	Region  string // "cn-hangzhou"; "*" accepts any in V4 signatures
	Keys    *signature.KeyCache

	// Signatures lists the versions that are accepted ("v1", "v2", "v4"); empty: all.
	Signatures []string

	// Endpoint is what GetBucketInfo and ListBuckets name as the service's
	// address; empty: the host that the client used.
	Endpoint string

	Now func() time.Time // nil: time.Now
}

// Handler serves the API.
type Handler struct {
	Config
	location string                               // "oss-cn-hangzhou"
	policies *lru.Cache[string, *policy.Document] // of buckets, by Bucket.PolicyID
	forms    formBytes
}

// cachedPolicies bounds how many bucket policies are held, of up to 16 KiB each.
const cachedPolicies = 512

// New returns a Handler.
func New(c Config) *Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	location := "oss-" + c.Region
	if c.Region == "*" {
		location = "oss-cn-hangzhou"
	}
	policies, err := lru.New[string, *policy.Document](cachedPolicies)
	if err != nil {
		panic(err) // only a size below one does that
	}
	return &Handler{Config: c, location: location, policies: policies}
}

// ServeHTTP answers one request and records it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := newCall(h, w, r)
	defer func() { // also when the connection must be broken
		if c.form != nil {
			c.form.release()
		}
		h.Audit.Record(c.record())
	}()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}
