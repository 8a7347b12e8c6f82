package oss

import (
	"context"
	"encoding/xml"

	"ossd/access/policy"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// DeleteMultipleObjects deletes all that it may in one step. A key that the
// caller may not delete is not listed in the answer, which knows no other word
// for it; where that would leave nothing to tell it by, the whole call is refused.
var deleteObjects = define(Operation{
	Name: "DeleteMultipleObjects", Method: "POST", On: Bucket, Query: []string{"delete"}, Action: actionDelete, ByBody: true,
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
	Key                   string
	VersionId             string `xml:",omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionId string `xml:",omitempty"`
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
	done, err := c.Store.DeleteObjects(ctx, c.found.Bucket, allowed)
	if err != nil {
		return nil, err
	}
	if in.Document.Quiet {
		return &deleteObjectsOutput{}, nil
	}
	result := &deleteResult{EncodingType: encodingName(in.EncodingType)}
	for _, d := range done {
		result.Deleted = append(result.Deleted, deleted{
			Key: encode(d.Key), VersionId: d.Version, DeleteMarker: d.Marker != "", DeleteMarkerVersionId: d.Marker,
		})
	}
	return &deleteObjectsOutput{Body: result}, nil
}

// entries checks what the document names; one wrong entry fails the call.
func (c *call) entries(d *deleteDocument) ([]objectstore.Deletion, error) {
	if len(d.Object) == 0 || len(d.Object) > objectstore.MaxDeletedObjects {
		return nil, c.malformedXML()
	}
	entries := make([]objectstore.Deletion, len(d.Object))
	for i, o := range d.Object {
		e := &entries[i]
		if o.Key == nil {
			refusal := c.malformedXML()
			refusal.EC = "0016-00000613"
			return nil, refusal
		}
		e.Key = *o.Key
		c.deleted = append(c.deleted, clip(e.Key))
		if err := objectstore.CheckKey(c.resource.Bucket, e.Key); err != nil {
			return nil, err
		}
		if o.VersionId == nil {
			continue
		}
		e.Version = *o.VersionId
		if err := checkVersionID("VersionId", e.Version); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// permitEach returns the entries that the caller may delete, and the refusal of the first other one, if any.
func (c *call) permitEach(ctx context.Context, entries []objectstore.Deletion) (allowed []objectstore.Deletion, refusal *Error, err error) {
	for _, e := range entries {
		if err := ctx.Err(); err != nil { // a thousand decisions that nobody waits for
			return nil, nil, err
		}
		found, err := c.Store.Find(ctx, c.resource.Bucket, e.Key, e.Version)
		if err != nil {
			return nil, nil, err
		}
		resource := signature.Resource{Bucket: c.resource.Bucket, Key: e.Key}
		asked, err := c.check(ofVersion(e.Version, actionDelete, actionDeleteVersion), resource, found)
		if err != nil {
			return nil, nil, err
		}
		d, err := c.ask(asked)
		if err == nil && d.Allowed && e.Version != "" { // see refuseDenied
			without := asked
			without.Action = actionDelete
			var plain policy.Decision
			if plain, err = c.ask(without); plain.Denied() {
				asked, d = without, plain
			}
		}
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
