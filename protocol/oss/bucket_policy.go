package oss

import (
	"context"
	"encoding/xml"
	"errors"
	"io"

	"ossd/access/policy"
	"ossd/objectstore"
)

var (
	putBucketPolicy = define(Operation{
		Name: "PutBucketPolicy", Method: "PUT", On: Bucket, Group: groupPolicies, Query: []string{"policy"},
	}, doPutBucketPolicy)
	getBucketPolicy = define(Operation{
		Name: "GetBucketPolicy", Method: "GET", On: Bucket, Group: groupPolicies, Query: []string{"policy"},
	}, doGetBucketPolicy)
	deleteBucketPolicy = define(Operation{
		Name: "DeleteBucketPolicy", Method: "DELETE", On: Bucket, Group: groupPolicies, Query: []string{"policy"},
	}, doDeleteBucketPolicy)
	getBucketPolicyStatus = define(Operation{
		Name: "GetBucketPolicyStatus", Method: "GET", On: Bucket, Group: groupPolicies, Query: []string{"policyStatus"},
	}, doGetBucketPolicyStatus)
)

func doPutBucketPolicy(ctx context.Context, c *call, _ *none) (*done, error) {
	text, err := c.policyText()
	if err != nil {
		return nil, err
	}
	document, err := policy.Parse(policy.Bucket, text)
	if err != nil {
		return nil, &Error{Status: 400, Code: "InvalidPolicyDocument", Message: "Policy document is invalid: " + err.Error()}
	}
	if err := c.reauthorize(ctx); err != nil {
		return nil, err
	}
	blocked, err := c.blocksPublicAccess(ctx, c.found.Bucket)
	if err != nil {
		return nil, err
	}
	if blocked && document.Public() {
		return nil, &Error{Status: 403, Code: "AccessDenied", Message: "Put public bucket policy is not allowed"}
	}
	return &done{}, c.Store.SetPolicy(ctx, c.found.Bucket, text)
}

// policyText reads the request's document.
func (c *call) policyText() (string, error) {
	source, err := c.source(true)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(source.Body, objectstore.MaxPolicySize+1))
	if err != nil {
		return "", err
	}
	if len(text) > objectstore.MaxPolicySize {
		return "", &Error{Status: 400, Code: "InvalidPolicyDocument", Message: "Policy document is larger than 16384 bytes."}
	}
	return string(text), nil
}

// policyOutput is the document word for word, as it was put.
type policyOutput struct {
	ContentType string `header:"Content-Type"`
	text        string
}

func (o *policyOutput) raw() []byte { return []byte(o.text) }

func doGetBucketPolicy(ctx context.Context, c *call, _ *none) (*policyOutput, error) {
	text, _, err := c.Store.Policy(ctx, c.found.Bucket)
	return &policyOutput{ContentType: "application/json", text: text}, err
}

func doDeleteBucketPolicy(ctx context.Context, c *call, _ *none) (*noContent, error) {
	return &noContent{}, c.Store.DeletePolicy(ctx, c.found.Bucket)
}

type getBucketPolicyStatusOutput struct {
	Body struct {
		XMLName  xml.Name `xml:"PolicyStatus"`
		IsPublic bool
	} `body:"xml"`
}

func doGetBucketPolicyStatus(ctx context.Context, c *call, _ *none) (*getBucketPolicyStatusOutput, error) {
	document, err := c.bucketPolicy(ctx, c.found.Bucket)
	out := &getBucketPolicyStatusOutput{}
	out.Body.IsPublic = document != nil && document.Public()
	return out, err
}

// bucketPolicy is the policy of a bucket, nil if it has none. One that cannot be
// read denies everything, by an error.
func (c *call) bucketPolicy(ctx context.Context, b objectstore.Bucket) (*policy.Document, error) {
	if b.PolicyID == "" {
		return nil, nil
	}
	if document, ok := c.policies.Get(b.PolicyID); ok {
		return document, nil
	}
	text, id, err := c.Store.Policy(ctx, b)
	if errors.Is(err, &objectstore.Error{Kind: objectstore.NoSuchPolicy}) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	document, err := policy.Parse(policy.Bucket, text)
	if err == nil {
		c.policies.Add(id, document)
	}
	return document, err
}
