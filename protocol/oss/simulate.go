package oss

import (
	"context"
	"errors"
	"strings"

	"ossd/access"
	"ossd/access/policy"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// ErrNotYours is returned by Simulate for buckets of other accounts.
var ErrNotYours = errors.New("oss: the bucket belongs to another account")

// Simulated is a question to Simulate.
type Simulated struct {
	Principal string // see access.Directory.Simulate
	Action    string // "oss:GetObject"
	Resource  string // ARN, or oss://BUCKET/KEY
	Context   policy.Context
}

// Simulate tells how a request of somebody of an account would be decided,
// policies and access control lists of the bucket and object included.
func (h *Handler) Simulate(ctx context.Context, account string, q Simulated) (access.Simulation, error) {
	check := access.Check{Action: q.Action, Resource: q.Resource, Class: policy.Management, Owner: account, Context: q.Context}
	if r, ok := h.resourceOf(q.Resource); ok {
		var err error
		if check, err = h.simulatedCheck(ctx, account, q, r); err != nil {
			return access.Simulation{}, err
		}
	}
	return h.Directory.Simulate(ctx, account, q.Principal, check)
}

// resourceOf reads a bucket or object of OSS.
func (h *Handler) resourceOf(text string) (r signature.Resource, ok bool) {
	name, ok := strings.CutPrefix(text, "oss://")
	if !ok {
		parts := strings.SplitN(text, ":", 5)
		if len(parts) != 5 || parts[0] != "acs" || parts[1] != "oss" {
			return r, false
		}
		name = parts[4]
	}
	r.Bucket, r.Key, _ = strings.Cut(name, "/")
	return r, r.Bucket != "" && r.Bucket != "*"
}

func (h *Handler) simulatedCheck(ctx context.Context, account string, q Simulated, r signature.Resource) (access.Check, error) {
	found, err := h.Store.Find(ctx, r.Bucket, r.Key, "")
	if err != nil && !errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchBucket}) {
		return access.Check{}, err
	}
	if found.Bucket.Owner != "" && found.Bucket.Owner != account {
		return access.Check{}, ErrNotYours
	}
	c := &call{Handler: h}
	check, err := c.checkOf(ctx, account, q.Action, r, found)
	check.Context = simulatedContext{q.Context, resourceBucket{r.Bucket, found.Bucket.Tags}, found.Object}
	return check, err
}

// simulatedContext adds what is known of the resource to what the asker says of the request.
type simulatedContext struct {
	policy.Context
	bucket resourceBucket
	object *objectstore.Object
}

func (x simulatedContext) Value(key string) (string, bool) {
	if x.Context != nil {
		if value, ok := x.Context.Value(key); ok {
			return value, true
		}
	}
	if name, ok := strings.CutPrefix(key, "oss:existingobjecttag/"); ok && x.object != nil {
		return tagValue(x.object.Tags, name)
	}
	if name, ok := strings.CutPrefix(key, "oss:buckettag/"); ok {
		return x.bucket.tags.Get(name)
	}
	if key == "oss:bucketname" {
		return x.bucket.name, true
	}
	return "", false
}
