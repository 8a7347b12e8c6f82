package oss

import (
	"net/http"
	"slices"
	"strings"

	"ossd/protocol/signature"
)

// Operations lists what is served; see Unserved for what is not.
var Operations = []*Operation{
	listBuckets,
	putPublicAccessBlock,
	getPublicAccessBlock,
	deletePublicAccessBlock,
	putBucket,
	deleteBucket,
	getBucketInfo,
	getBucketLocation,
	getBucketACL,
	putBucketACL,
	getBucketStat,
	putBucketTags,
	getBucketTags,
	deleteBucketTags,
	putBucketPolicy,
	getBucketPolicy,
	deleteBucketPolicy,
	getBucketPolicyStatus,
	putBucketPublicAccessBlock,
	getBucketPublicAccessBlock,
	deleteBucketPublicAccessBlock,
	putBucketVersioning,
	getBucketVersioning,
	listObjects,
	listObjectsV2,
	listObjectVersions,
	listMultipartUploads,
	listLiveChannel,
	putObject,
	copyObject,
	appendObject,
	putSymlink,
	getSymlink,
	restoreObject,
	initiateMultipartUpload,
	uploadPart,
	uploadPartCopy,
	completeMultipartUpload,
	abortMultipartUpload,
	listParts,
	postObject,
	getObject,
	headObject,
	headObjectMeta,
	getObjectMeta,
	deleteObject,
	deleteObjects,
	getObjectACL,
	putObjectACL,
	putObjectTagging,
	getObjectTagging,
	deleteObjectTagging,
}

// An index finds the operations of a method and target.
type index map[string][]*Operation

var served, unserved = indexOf(Operations), indexOf(Unserved)

func indexOf(operations []*Operation) index {
	x := index{}
	for _, o := range operations {
		k := o.Method + " " + o.On.String()
		x[k] = append(x[k], o)
	}
	return x
}

// match finds the operation whose declaration fits, the one with most
// parameters if several do, or nil.
func (x index) match(method string, on Target, form bool, q signature.Query, h http.Header) *Operation {
	var best *Operation
	for _, o := range x[method+" "+on.String()] {
		if o.Form == form && o.fits(q, h) && (best == nil || o.marks() > best.marks()) {
			best = o
		}
	}
	return best
}

// marks counts what tells the operation from its neighbours.
func (o *Operation) marks() int {
	if o.By != "" {
		return len(o.Query) + 1
	}
	return len(o.Query)
}

func (o *Operation) fits(q signature.Query, h http.Header) bool {
	if o.By != "" && h.Values(o.By) == nil {
		return false
	}
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
	if parameter == versionParameter && o.VersionAction != "" {
		return true
	}
	for _, want := range o.Query {
		if name, _, _ := strings.Cut(want, "="); name == parameter {
			return true
		}
	}
	return slices.Contains(o.parameters, parameter)
}
