package oss

import (
	"slices"
	"strings"

	"ossd/protocol/signature"
)

// Operations lists what is served.
var Operations = []*Operation{
	listBuckets,
	putBucket,
	deleteBucket,
	getBucketInfo,
	getBucketLocation,
	getBucketACL,
	listObjects,
	listObjectsV2,
	putObject,
	postObject,
	getObject,
	headObject,
	headObjectMeta,
	getObjectMeta,
	deleteObject,
}

// byRequest holds the operations of each method and target.
var byRequest = func() map[string][]*Operation {
	m := map[string][]*Operation{}
	for _, o := range Operations {
		k := o.Method + " " + o.On.String()
		m[k] = append(m[k], o)
	}
	return m
}()

// match finds the operation whose declaration fits, the one with most
// parameters if several do, or nil.
func match(method string, on Target, form bool, q signature.Query) *Operation {
	var best *Operation
	for _, o := range byRequest[method+" "+on.String()] {
		if o.Form == form && o.fits(q) && (best == nil || len(o.Query) > len(best.Query)) {
			best = o
		}
	}
	return best
}

func (o *Operation) fits(q signature.Query) bool {
	for _, want := range o.Query {
		name, value, hasValue := strings.Cut(want, "=")
		if !q.Has(name) || hasValue && q.Get(name) != value {
			return false
		}
	}
	return true
}

// reads tells whether the operation is chosen by a parameter, or reads it. No
// operation (nil) reads anything.
func (o *Operation) reads(parameter string) bool {
	if o == nil {
		return false
	}
	for _, want := range o.Query {
		if name, _, _ := strings.Cut(want, "="); name == parameter {
			return true
		}
	}
	return slices.Contains(o.parameters, parameter)
}
