package diagnose

import (
	"time"

	"ossd/protocol/signature"
)

// Report is a diagnosis as people and programs read it, with what a server can
// add: whose key it is, and what they may do. Names are those of the wire. Empty
// fields are not known, or do not apply.
type Report struct {
	Scheme      string `param:",omitempty" json:",omitempty"` // "anonymous", if no credentials were sent
	AccessKeyID string `param:"AccessKeyId,omitempty" json:"AccessKeyId,omitempty"`
	Signer      string `param:",omitempty" json:",omitempty"` // ARN of whose key it is

	Method     string
	Bucket     string            `param:",omitempty" json:",omitempty"`
	Key        string            `param:",omitempty" json:",omitempty"`
	Operation  string            `param:",omitempty" json:",omitempty"` // "GetObject"
	Parameters []signature.Field `json:",omitempty"`                    // signed ones that say what is asked for
	Headers    []signature.Field `json:",omitempty"`                    // signed ones, to be sent as they are
	Region     string            `param:",omitempty" json:",omitempty"`

	SignedAt     time.Time `json:",omitzero"`
	Expires      time.Time `json:",omitzero"` // of the URL
	TokenExpires time.Time `json:",omitzero"`
	Ends         time.Time `json:",omitzero"`                     // the earlier of both
	EndsWith     string    `param:",omitempty" json:",omitempty"` // "url" or "token"

	Signature string // "valid", "wrong", "none", or "unchecked" without the secret
	Causes    []Cause

	Decision   string   `param:",omitempty" json:",omitempty"` // "allow" or "deny"; empty: nobody was asked
	Reason     string   `param:",omitempty" json:",omitempty"` // in a sentence, with the statements
	Statements []string `json:",omitempty"`                    // "POLICY#INDEX"
	Object     string   `param:",omitempty" json:",omitempty"` // "exists" or "missing"; told only to whom it is allowed

	Refusal *ReportRefusal `json:",omitempty"` // what is answered; nil: it is served, as far as was asked

	StringToSign     string `param:",omitempty" json:",omitempty"`
	CanonicalRequest string `param:",omitempty" json:",omitempty"`
}

// ReportRefusal is the error that the server answers.
type ReportRefusal struct {
	Code, Message string
	EC            string `param:",omitempty" json:",omitempty"`
}

// Report spells the diagnosis.
func (d *Diagnosis) Report() *Report {
	r := &Report{
		Scheme: string(d.Scheme), AccessKeyID: d.AccessKeyID,
		Method: d.Method, Bucket: d.Resource.Bucket, Key: d.Resource.Key, Region: d.Region,
		SignedAt: d.SignedAt, Expires: d.Expires, TokenExpires: d.TokenExpires,
		StringToSign: d.StringToSign, CanonicalRequest: d.CanonicalRequest,
		Headers: d.Headers, Signature: d.verdict(), Causes: append([]Cause{}, d.Causes...),
	}
	r.Ends, r.EndsWith = d.Ends()
	for _, p := range d.Parameters {
		r.Parameters = append(r.Parameters, signature.Field{Name: p.Name, Value: p.Value})
	}
	if d.Problem != nil {
		r.Refuse(d.Problem)
	}
	if d.Scheme == "" && d.Problem == nil {
		r.Scheme = "anonymous"
	}
	return r
}

func (d *Diagnosis) verdict() string {
	switch {
	case d.Scheme == "":
		return "none"
	case d.Matches:
		return "valid"
	case d.Checked:
		return "wrong"
	}
	return "unchecked"
}

// Refuse keeps the first refusal, which is the one that a client sees.
func (r *Report) Refuse(e *signature.Error) {
	if r.Refusal == nil {
		r.Refusal = &ReportRefusal{e.Code, e.Message, e.EC}
	}
}
