package oss

import (
	"context"
	"errors"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// Actions that more than one operation asks for.
const (
	actionGet               = "oss:GetObject"
	actionGetVersion        = "oss:GetObjectVersion"
	actionPut               = "oss:PutObject"
	actionDelete            = "oss:DeleteObject"
	actionDeleteVersion     = "oss:DeleteObjectVersion"
	actionGetTagging        = "oss:GetObjectTagging"
	actionGetVersionTagging = "oss:GetObjectVersionTagging"
	actionPutTagging        = "oss:PutObjectTagging"
	actionPutBucket         = "oss:PutBucket"
	actionPutBucketACL      = "oss:PutBucketAcl"
)

// authorize asks whether the caller may do the operation.
func (c *call) authorize() error {
	if c.credential == nil && (c.operation.On == Service || c.operation.Creates) {
		return errAnonymousForbidden
	}
	if c.operation.ByBody {
		return nil
	}
	return c.authorizeResource()
}

// authorizeResource asks for what the operation does to the resource in the address.
func (c *call) authorizeResource() error {
	for _, action := range c.actions() {
		if err := c.permit(c.check(action, c.resource, c.found)); err != nil {
			return err
		}
	}
	if c.version() != "" {
		if err := c.refuseDenied(c.check(c.operation.Action, c.resource, c.found)); err != nil {
			return err
		}
	}
	if c.operation.Also != nil {
		if err := c.operation.Also(c); err != nil {
			return err
		}
	}
	return c.refusePublicACL()
}

// actions are what RAM is asked about the resource in the address.
func (c *call) actions() []string {
	action := ofVersion(c.version(), c.operation.Action, c.operation.VersionAction)
	if c.operation.On == Object && c.operation.Action == actionPut && c.parameters.Get(taggingHeader) != "" {
		return []string{action, actionPutTagging}
	}
	return []string{action}
}

// permit fails unless the answer to one question is yes. An error in putting
// the question is returned as it is.
func (c *call) permit(asked access.Check, err error) error {
	if err != nil {
		return err
	}
	d, err := c.ask(asked)
	if err != nil {
		return err
	}
	if c.decision = &d; !d.Allowed {
		return c.denied(d, &asked)
	}
	return nil
}

// refuseDenied fails if a policy denies what is asked for. It is asked with the
// action that knows no versions where the request names one: the action for
// versions grants, and a Deny of either denies, or versionId=null would lead
// around it (decision 0020).
func (c *call) refuseDenied(asked access.Check, err error) error {
	if err != nil {
		return err
	}
	d, err := c.ask(asked)
	if err != nil || !d.Denied() {
		return err
	}
	c.decision = &d
	return c.denied(d, &asked)
}

func (c *call) ask(asked access.Check) (policy.Decision, error) {
	d, err := c.Directory.Authorize(c.r.Context(), c.credential, asked)
	if err != nil { // the user or role may have gone since the credential was found
		return d, c.credentialError(err)
	}
	return d, nil
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

// check is a question that package access answers: may the caller do action on
// r, of which found is what the store has?
func (c *call) check(action string, r signature.Resource, found objectstore.Found) (access.Check, error) {
	caller := ""
	if c.credential != nil {
		caller = c.credential.Principal.AccountID
	}
	check, err := c.checkOf(c.r.Context(), caller, action, r, found)
	check.Context = requestContext{c, resourceBucket{r.Bucket, found.Bucket.Tags}, found.Object}
	return check, err
}

// checkOf is check for a caller of an account, without what the request brings.
func (c *call) checkOf(ctx context.Context, caller, action string, r signature.Resource, found objectstore.Found) (check access.Check, err error) {
	owner := found.Bucket.Owner
	if owner == "" { // of the service, and of a bucket that does not exist: the caller
		owner = caller
	}
	check = access.Check{
		Action: action, Resource: c.arn(owner, r), Class: targetOf(r).class(), Owner: owner, BucketACL: policy.ACL(found.Bucket.ACL),
	}
	if found.Object != nil {
		check.ObjectACL = policy.ACL(found.Object.ACL)
	}
	if check.BucketPolicy, err = c.bucketPolicy(ctx, found.Bucket); err != nil {
		return check, err
	}
	// Nothing is asked of the store where nothing is open to the world.
	if check.BucketPolicy != nil || found.Bucket.ACL.Public() || found.Object != nil && found.Object.ACL.Public() {
		check.BlockPublicAccess, err = c.blocksPublicAccess(ctx, found.Bucket)
	}
	return check, err
}

// arn names a resource as policies do.
func (c *call) arn(owner string, r signature.Resource) string {
	switch targetOf(r) {
	case Service:
		return "acs:oss:*:" + owner + ":*"
	case Bucket:
		return "acs:oss:" + c.location + ":" + owner + ":" + r.Bucket
	}
	return "acs:oss:" + c.location + ":" + owner + ":" + r.Bucket + "/" + r.Key
}

// requestContext yields the condition keys of a request (vendor documentation
// "OSS authorization syntax and elements"), each only when a policy asks for it.
type requestContext struct {
	c      *call
	bucket resourceBucket
	object *objectstore.Object // of the resource in question; nil: there is none
}

// resourceBucket is the bucket of the resource in question.
type resourceBucket struct {
	name string
	tags objectstore.BucketTags
}

func (x requestContext) Value(key string) (string, bool) {
	c := x.c
	switch key {
	case "oss:bucketname":
		return x.bucket.name, x.bucket.name != ""
	case "oss:prefix", "oss:delimiter":
		switch c.operation.Action {
		case "oss:ListObjects", "oss:ListObjectVersions", "oss:ListMultipartUploads":
			return c.signed.Query.Get(key[len("oss:"):]), true // absent counts as empty
		}
		return "", false
	case "oss:x-oss-acl", "oss:x-oss-object-acl":
		v := c.parameters.Get(key[len("oss:"):])
		return v, v != ""
	}
	if name, ok := strings.CutPrefix(key, "oss:buckettag/"); ok {
		return x.bucket.tags.Get(name)
	}
	if name, ok := strings.CutPrefix(key, "oss:existingobjecttag/"); ok {
		if x.object == nil {
			return "", false
		}
		return tagValue(x.object.Tags, name)
	}
	if name, ok := strings.CutPrefix(key, "oss:requestobjecttag/"); ok {
		return tagValue(c.requestTags(), name)
	}
	common := policy.CommonKeys{SourceIP: c.sourceIP(), SecureTransport: c.r.TLS != nil, Now: c.start, UserAgent: c.r.UserAgent()}
	if c.credential != nil {
		common.AccessKeyID = c.credential.AccessKeyID
		common.SourceIdentity = c.credential.Principal.SourceIdentity
	}
	return common.Value(key)
}

// requestTags are those that the request wants to give an object. Tags that
// cannot be read are refused later, and are none to a policy.
func (c *call) requestTags() []objectstore.Header {
	if c.tags != nil {
		return c.tags
	}
	tags, err := parseTagging(c.parameters.Get(taggingHeader))
	if err != nil {
		return nil
	}
	return tags
}

// tagValue finds a tag by its name, whose case counts.
func tagValue(tags []objectstore.Header, name string) (string, bool) {
	for _, t := range tags {
		if t.Name == name {
			return t.Value, true
		}
	}
	return "", false
}
