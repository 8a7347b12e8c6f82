package oss

import (
	"context"
	"errors"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/objectstore"
)

// authorize asks whether the caller may do the operation.
func (c *call) authorize() error {
	if c.credential == nil && (c.operation.On == Service || c.operation.Creates) {
		return errAnonymousForbidden
	}
	d, err := c.Directory.Authorize(c.r.Context(), c.credential, c.check())
	if err != nil { // the user or role may have gone since the credential was found
		return c.credentialError(err)
	}
	if c.decision = &d; !d.Allowed {
		return c.denied(d)
	}
	return nil
}

// briefUpload is how long a body may take before permission is asked again.
const briefUpload = time.Second

// reauthorize asks again after a long body: the key may have been disabled, the
// policy detached, the object replaced by one that the caller may not touch. A
// token or URL that was good when the upload began need not outlive it.
func (c *call) reauthorize(ctx context.Context) error {
	if c.Now().Sub(c.start) < briefUpload {
		return nil
	}
	if c.credential != nil {
		_, err := c.Directory.Credential(ctx, c.claim.AccessKeyID, c.claim.SecurityToken)
		if err != nil && !errors.Is(err, access.ErrTokenExpired) {
			return c.credentialError(err)
		}
	}
	bucket := c.found.Bucket
	if err := c.find(); err != nil {
		return err
	}
	if c.found.Bucket.ID != bucket.ID {
		return &objectstore.Error{Kind: objectstore.NoSuchBucket, Bucket: bucket.Name}
	}
	return c.authorize()
}

// check is the question that package access answers.
func (c *call) check() access.Check {
	owner := c.found.Bucket.Owner
	if owner == "" { // of the service, and of a bucket that is to be made: the caller
		owner = c.credential.Principal.AccountID
	}
	check := access.Check{
		Action: c.operation.Action, Resource: c.arn(owner), Class: c.operation.class(), Owner: owner,
		BucketACL: policy.ACL(c.found.Bucket.ACL), Context: requestContext{c},
	}
	if c.found.Object != nil {
		check.ObjectACL = policy.ACL(c.found.Object.ACL)
	}
	return check
}

// arn names the resource as policies do.
func (c *call) arn(owner string) string {
	switch c.operation.On {
	case Service:
		return "acs:oss:*:" + owner + ":*"
	case Bucket:
		return "acs:oss:" + c.location + ":" + owner + ":" + c.resource.Bucket
	}
	return "acs:oss:" + c.location + ":" + owner + ":" + c.resource.Bucket + "/" + c.resource.Key
}

// requestContext yields the condition keys of a request (vendor documentation
// "OSS authorization syntax and elements"), each only when a policy asks for it.
type requestContext struct{ c *call }

func (x requestContext) Value(key string) (string, bool) {
	c := x.c
	switch key {
	case "oss:bucketname":
		return c.resource.Bucket, c.resource.Bucket != ""
	case "oss:prefix", "oss:delimiter":
		if c.operation.Action == "oss:ListObjects" {
			return c.signed.Query.Get(key[len("oss:"):]), true // absent counts as empty
		}
		return "", false
	case "oss:x-oss-acl", "oss:x-oss-object-acl":
		v := c.parameters.Get(key[len("oss:"):])
		return v, v != ""
	}
	common := policy.CommonKeys{SourceIP: c.sourceIP(), SecureTransport: c.r.TLS != nil, Now: c.start, UserAgent: c.r.UserAgent()}
	if c.credential != nil {
		common.AccessKeyID = c.credential.AccessKeyID
	}
	return common.Value(key)
}
