package oss

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/audit"
	"ossd/internal/forwarded"
	"ossd/objectstore"
	"ossd/protocol/formpolicy"
	"ossd/protocol/signature"
	"ossd/protocol/wire"
)

// call is one request on its way through the pipeline.
type call struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	id    string // request ID: 24 upper-case hex digits
	start time.Time
	body  *bodyReader
	pace  *pacer // nil: as fast as it goes

	control *http.ResponseController

	signed     *signature.Request // the request as signatures see it
	resource   signature.Resource
	claim      *signature.Claim     // nil: the request is anonymous
	credential *access.Credential   // nil until proved, and for anonymous requests
	form       *form                // nil: the request is no form upload
	policy     *formpolicy.Policy   // nil: the form is not signed
	parameters http.Header          // the request's headers, or a form's fields: what operations are asked with
	operation  *Operation           // nil until matched
	found      objectstore.Found    // the bucket and object, once looked up
	copied     *copySource          // what the object is to be a copy of; nil: nothing
	decision   *policy.Decision     // nil until decided
	tags       []objectstore.Header // that the body wants to give an object; nil: it was not read

	// What was answered, for the audit record.
	deleted  []string // keys of a deletion of many
	status   int
	refusal  *Error
	bytesOut int64
}

func newCall(h *Handler, w http.ResponseWriter, r *http.Request) *call {
	c := &call{Handler: h, w: w, r: r, id: newRequestID(), start: h.Now(), control: http.NewResponseController(w), parameters: r.Header}
	c.body = &bodyReader{r: r.Body, control: c.control}
	header := w.Header()
	header["Server"] = []string{"AliyunOSS"}
	header["x-oss-request-id"] = []string{c.id}
	return c
}

// newRequestID needs to be unique, not secret.
func newRequestID() string {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:], rand.Uint64())
	binary.BigEndian.PutUint32(b[8:], rand.Uint32())
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

// source is where the request struct of the operation is decoded from.
func (c *call) source(document bool) (source wire.Source, err error) {
	source = wire.Source{Query: c.signed.Query.Lookup, Header: c.parameters, Body: c.body}
	if document {
		source.Body, err = checkDigest(c.body, c.r.Header)
	}
	return source, err
}

// sourceIP is the client's address, "" if it is unknown.
func (c *call) sourceIP() string {
	if a := forwarded.Client(c.r); a.IsValid() {
		return a.String()
	}
	return ""
}

// endpoint is the address of the service without a bucket, as the client reached it.
func (c *call) endpoint() string {
	if c.Endpoint != "" {
		return c.Endpoint
	}
	return strings.TrimPrefix(c.r.Host, c.resource.Bucket+".")
}

// record describes the call once it has been answered.
func (c *call) record() audit.Record {
	r := audit.Record{
		Time: c.start, RequestID: c.id, API: "oss", Bucket: clip(c.resource.Bucket), Key: clip(c.resource.Key),
		Status: c.status, SourceIP: c.sourceIP(), UserAgent: clip(c.r.UserAgent()), TLS: c.r.TLS != nil,
		BytesIn: c.body.read, BytesOut: c.bytesOut, Duration: c.Now().Sub(c.start),
	}
	if c.operation != nil {
		r.Operation, r.Version = c.operation.Name, clip(c.version())
	}
	if c.copied != nil {
		r.Source = clip(c.copied.resource.Bucket + "/" + c.copied.resource.Key)
	}
	r.AddKeys(c.deleted)
	if c.claim != nil {
		r.Scheme = string(c.claim.Scheme)
		r.AccessKeyID = clip(c.claim.AccessKeyID)
	}
	if c.credential != nil {
		r.Principal, r.SourceIdentity = c.credential.Principal.ARN(), c.credential.Principal.SourceIdentity
	}
	r.Decide(c.decision)
	if e := c.refusal; e != nil {
		r.Code, r.EC = e.Code, e.EC
		if e.cause != nil {
			r.Err = e.cause.Error()
		}
	}
	return r
}

// clip bounds what anybody can write into the audit log; valid keys fit.
func clip(s string) string { return s[:min(len(s), objectstore.MaxKeyLength)] }
