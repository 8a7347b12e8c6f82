package oss

import (
	"net/http"
	"slices"
	"strings"

	"ossd/protocol/signature"
)

// A parameter or header that asks for something which is not served must not be
// ignored: the client would take the answer for a success. So names that have
// an effect are known here, and refused unless the operation declares them.

// subresources are, beside those that V1 signs, the query parameters that make another operation of a
// request or change what it does (vendor documentation, and the lists of
// sub-resources in the official SDKs). The lines below the first are of operations newer
// than the catalogue: without them, removing a bucket's quota would remove the bucket.
var subresources = nameSet(`
	accessmonitor regions requesterQosInfo resourceGroup responseHeader vip vpcip
	agenticBucket metadataConfiguration metadataInventoryTable metadataJournalTable priorityQos quota
	resourcePoolBucketGroup resourcePoolBucketGroupQosInfo resourcePoolBucketGroupQoSInfo`)

// requesterPays is understood by every operation: the owner pays for all.
const requesterPays = "x-oss-request-payer"

// effectiveHeaders change what an operation does. Those with other names are
// either understood everywhere, or describe the client.
var effectiveHeaders = canonical(nameSet(`
	x-oss-acl x-oss-object-acl x-oss-storage-class x-oss-forbid-overwrite x-oss-hns-status
	x-oss-copy-source x-oss-copy-source-range x-oss-copy-source-if-match x-oss-copy-source-if-none-match
	x-oss-copy-source-if-modified-since x-oss-copy-source-if-unmodified-since x-oss-symlink-target x-oss-tagging x-oss-callback
	x-oss-callback-var x-oss-traffic-limit x-oss-persistent-headers x-oss-complete-all
	x-oss-server-side-encryption x-oss-server-side-encryption-key-id x-oss-server-side-data-encryption
	x-oss-resource-group-id x-oss-rename-source x-oss-bypass-governance-retention
	x-oss-metadata-directive x-oss-tagging-directive`))

// writeConditions are honoured on reads only (vendor documentation "Error responses": NotImplemented).
var writeConditions = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}

func nameSet(names string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

// canonical spells names as net/http keeps them, so that a request's headers can be looked up as they are.
func canonical(names map[string]bool) map[string]bool {
	m := map[string]bool{}
	for n := range names {
		m[http.CanonicalHeaderKey(n)] = true
	}
	return m
}

// refuseUnserved answers NotImplemented where c.operation would be another than the client means.
func (c *call) refuseUnserved() error {
	for _, p := range c.signed.Query {
		if strings.HasPrefix(p.Name, "response-") {
			continue // a header of the answer, which has no effect on others (SDK suite Go v1 TestSignURL)
		}
		if (subresources[p.Name] || signature.V1Signs(p.Name) || c.asksForMore(p)) && !c.operation.reads(p.Name) && !signature.OfSignature(p.Name) && p.Name != requesterPays {
			return c.named(notImplementedParameter(p.Name))
		}
	}
	if c.operation == nil && c.r.Method == http.MethodPost && targetOf(c.resource) == Bucket {
		return errFormKind // any other POST to a bucket itself is a form
	}
	if c.operation == nil {
		return errMethodNotAllowed(c.r.Method, targetOf(c.resource))
	}
	for name := range c.r.Header {
		if c.passesOver(name) {
			continue
		}
		if effectiveHeaders[name] && (c.form != nil || !slices.Contains(c.operation.Headers, strings.ToLower(name))) {
			return c.named(notImplementedHeader(strings.ToLower(name)))
		}
	}
	if c.form != nil {
		if err := c.refuseUnservedFields(); err != nil {
			return err
		}
	}
	if c.r.Method == http.MethodPut || c.r.Method == http.MethodPost {
		for _, name := range writeConditions {
			if name == "If-Modified-Since" && c.operation.Name == "InitiateMultipartUpload" {
				continue // SDK suite Go v1 TestMultipartNegative
			}
			if c.r.Header.Get(name) != "" {
				return notImplementedHeader(name)
			}
		}
	}
	return nil
}

// passesOver tells whether a header that has an effect elsewhere has none here:
// reads change nothing, and the ACL of a bucket is not an object's (SDK suites
// Go v1 TestGetObjectToWriterNegative, TestdownloadFileChoiceOptions and
// TestCopyObject, oss2 test_sign_v4_additional_headers).
func (c *call) passesOver(name string) bool {
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		return name != "X-Oss-Traffic-Limit" && name != "X-Oss-Resource-Group-Id" // which filters
	}
	return name == "X-Oss-Acl" && c.operation.On == Object && len(c.operation.Query) == 0 && c.form == nil
}

// asksForMore tells whether a parameter that nobody knows makes another operation
// of the request, as far as one can tell: it has no value, as sub-resources have
// none, and what would be done without it changes a bucket or object as a whole. So no
// sub-resource that the service may have one day deletes a bucket in place of its
// configuration. Parameters with a value are ignored, as the service does
// (SDK suite oss2 test_anonymous), and so is all that is unknown on reads.
func (c *call) asksForMore(p signature.Param) bool {
	return p.Value == "" && c.operation != nil && len(c.operation.Query) == 0 &&
		(c.r.Method == http.MethodPut || c.r.Method == http.MethodDelete)
}

// named says which operation of the catalogue is refused, if the request asks for
// one rather than for more than a served one does. It looks at the request alone,
// as the refusal does: neither tells anything of a bucket to whoever may not know it.
func (c *call) named(refusal *Error) *Error {
	asked := unserved.match(c.r.Method, targetOf(c.resource), c.form != nil, c.signed.Query, c.r.Header)
	if asked == nil || c.operation != nil && c.operation.marks() >= asked.marks() {
		return refusal
	}
	c.operation = asked // for the audit record; it has no function that could be run
	refusal.Message = asked.Name + " is not implemented by this server."
	return refusal
}
