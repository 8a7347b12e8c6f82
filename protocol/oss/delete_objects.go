package oss

import (
	"context"
	"encoding/xml"

	"ossd/objectstore"
	"ossd/protocol/signature"
)

// DeleteMultipleObjects deletes all that it may in one step. A key that the
// caller may not delete is not listed in the answer, which knows no other word
// for it; where that would leave nothing to tell it by, the whole call is refused.
var deleteObjects = define(Operation{
	Name: "DeleteMultipleObjects", Method: "POST", On: Bucket, Query: []string{"delete"}, Action: "oss:DeleteObject", ByKey: true,
	MalformedXML: "0016-00000608", Group: groupObjects,
}, doDeleteObjects)

type deleteObjectsInput struct {
	EncodingType string         `query:"encoding-type"`
	Document     deleteDocument `body:"xml"`
}

type deleteDocument struct {
	XMLName xml.Name `xml:"Delete"`
	Quiet   bool
	Object  []struct{ Key, VersionId *string }
}

type deleteObjectsOutput struct {
	Body *deleteResult `body:"xml"`
}

type deleteResult struct {
	XMLName      xml.Name `xml:"DeleteResult"`
	EncodingType string   `xml:",omitempty"`
	Deleted      []deleted
}

type deleted struct {
	Key       string
	VersionId string `xml:",omitempty"`
}

func doDeleteObjects(ctx context.Context, c *call, in *deleteObjectsInput) (*deleteObjectsOutput, error) {
	encode, err := keyEncoding(in.EncodingType)
	if err != nil {
		return nil, err
	}
	entries, err := c.entries(&in.Document)
	if err != nil {
		return nil, err
	}
	allowed, refusal, err := c.permitEach(ctx, entries)
	if err != nil {
		return nil, err
	}
	if refusal != nil && (in.Document.Quiet || len(allowed) == 0) {
		return nil, refusal
	}
	keys := make([]string, len(allowed))
	for i, e := range allowed {
		keys[i], allowed[i].Key = e.Key, encode(e.Key)
	}
	if err := c.Store.DeleteObjects(ctx, c.found.Bucket, keys); err != nil {
		return nil, err
	}
	if in.Document.Quiet {
		return &deleteObjectsOutput{}, nil
	}
	return &deleteObjectsOutput{Body: &deleteResult{EncodingType: in.EncodingType, Deleted: allowed}}, nil
}

// entries checks what the document names; one wrong entry fails the call.
func (c *call) entries(d *deleteDocument) ([]deleted, error) {
	if len(d.Object) == 0 || len(d.Object) > objectstore.MaxDeletedObjects {
		return nil, c.malformedXML()
	}
	entries := make([]deleted, len(d.Object))
	for i, o := range d.Object {
		e := &entries[i]
		if o.Key == nil {
			refusal := c.malformedXML()
			refusal.EC = "0016-00000613"
			return nil, refusal
		}
		e.Key = *o.Key
		if err := objectstore.CheckKey(c.resource.Bucket, e.Key); err != nil {
			return nil, err
		}
		if o.VersionId == nil {
			continue
		}
		switch e.VersionId = *o.VersionId; e.VersionId {
		case nullVersion:
		case "":
			refusal := invalidArgument("VersionId", "", emptyVersion)
			refusal.EC = "0016-00000612"
			return nil, refusal
		default:
			return nil, notImplementedValue("VersionId", e.VersionId)
		}
	}
	return entries, nil
}

// permitEach returns the entries that the caller may delete, and the refusal of the first other one, if any.
func (c *call) permitEach(ctx context.Context, entries []deleted) (allowed []deleted, refusal *Error, err error) {
	for _, e := range entries {
		found, err := c.Store.Find(ctx, c.resource.Bucket, e.Key)
		if err != nil {
			return nil, nil, err
		}
		action := c.operation.Action
		if e.VersionId != "" {
			action = "oss:DeleteObjectVersion"
		}
		asked := c.check(action, signature.Resource{Bucket: c.resource.Bucket, Key: e.Key}, found)
		d, err := c.ask(asked)
		switch {
		case err != nil:
			return nil, nil, err
		case d.Allowed:
			allowed = append(allowed, e)
		case refusal == nil:
			refusal = c.denied(d, &asked)
		}
		if c.decision == nil || !d.Allowed && c.decision.Allowed { // the record tells the first denial, if there is one
			c.decision = &d
		}
	}
	return allowed, refusal, nil
}
