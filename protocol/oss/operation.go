package oss

import (
	"context"
	"reflect"
	"slices"

	"ossd/access/policy"
	"ossd/protocol/signature"
	"ossd/protocol/wire"
)

// Target is what an operation works on.
type Target int

const (
	Service Target = iota
	Bucket
	Object
)

func (t Target) String() string { return [...]string{"service", "bucket", "object"}[t] }

// class tells what decides when no policy does (vendor documentation "Authorization process").
func (t Target) class() policy.Class {
	if t == Object {
		return policy.Data
	}
	return policy.Management
}

func targetOf(r signature.Resource) Target {
	switch {
	case r.Bucket == "":
		return Service
	case r.Key == "":
		return Bucket
	}
	return Object
}

// Operation declares one entry of the API.
type Operation struct {
	Name   string
	Method string
	On     Target
	// Query names the parameters that tell it from its neighbours, as "acl" or
	// as "list-type=2".
	Query []string
	// By names the header that does so, as "x-oss-copy-source"; empty: none.
	By string
	// Action is what RAM is asked; empty: "oss:" + Name.
	Action string
	// VersionAction is what RAM is asked where the request names a version by
	// versionId; empty: the operation knows no versions.
	VersionAction string
	// Creates says that the bucket need not exist, since the operation makes it.
	Creates bool
	// ByBody says that it takes the body to know what permission is asked for: the
	// operation asks itself.
	ByBody bool
	// Also asks for what else the caller must be allowed, once Action is; nil: nothing.
	Also func(*call) error
	// Needs fails unless what the operation works on is there. It comes before a
	// document in the body is read, as the service has it; nil: the operation
	// looks itself.
	Needs func(*call) error
	// MalformedXML is the EC of a document that cannot be read; empty: the general one.
	MalformedXML string
	// NoSuchUpload is the EC of an upload that does not exist; empty: the general one.
	NoSuchUpload string
	// Form says that the request is a form, whose fields name the object and
	// stand in for headers.
	Form bool
	// Headers names the headers with an effect that the operation understands;
	// others of the kind are refused, see unserved.go.
	Headers []string
	// TrafficLimit says that the operation can be slowed down, see pace.go.
	TrafficLimit bool
	// Group is the section of docs/operations.md; empty: that of its target.
	Group string
	// Since is the version that served it first; empty: the first of all.
	Since string

	run        func(*call) error
	parameters []string // that the request struct reads
}

// define ties an operation to the function that does it. The function gets the
// decoded request and returns what is to be sent; see package wire for the tags.
func define[In, Out any](o Operation, do func(ctx context.Context, c *call, in *In) (*Out, error)) *Operation {
	if o.Action == "" {
		o.Action = "oss:" + o.Name
	}
	o.parameters = wire.QueryNames(reflect.TypeFor[In]())
	if o.TrafficLimit {
		o.Headers = append(slices.Clip(o.Headers), trafficLimit)
		o.parameters = append(o.parameters, trafficLimit)
	}
	hasDocument := wire.HasBody(reflect.TypeFor[In]())
	o.run = func(c *call) error {
		if o.TrafficLimit {
			if err := c.limitTraffic(); err != nil {
				return err
			}
		}
		if o.Needs != nil {
			if err := o.Needs(c); err != nil {
				return err
			}
		}
		in := new(In)
		source, err := c.source(hasDocument)
		if err != nil {
			return err
		}
		if err := wire.Decode(source, in); err != nil {
			if refused := c.allowedWithoutBody(); refused != nil {
				return refused
			}
			return err
		}
		if hasDocument { // it may have come in for long
			if err := c.reauthorize(c.r.Context()); err != nil {
				return err
			}
		}
		out, err := do(c.r.Context(), c, in)
		if err != nil {
			return err
		}
		return c.respond(out)
	}
	return &o
}

// allowedWithoutBody asks for permission where a body that cannot be read would
// have said what for: whoever is not allowed at all must not learn how it is refused.
func (c *call) allowedWithoutBody() error {
	if !c.operation.ByBody || c.operation.On != Object {
		return nil
	}
	if err := c.authorizeResource(); err != nil {
		return err
	}
	_, err := c.object()
	return err
}

// none is the request or response struct of operations that need no other.
type none struct{}
