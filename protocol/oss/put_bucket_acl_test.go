package oss

import (
	"errors"
	"testing"

	"ossd/access"
	"ossd/access/policy"
	"ossd/objectstore"
	"ossd/protocol/signature"
)

// Another account's bucket may be deleted after it was found. It is not made
// then: the right to do that is asked for only where no bucket was found.
func TestPutBucketACLMakesNoForeignBucket(t *testing.T) {
	c := &call{
		Handler:    New(Config{}), // with no store: none may be asked
		resource:   signature.Resource{Bucket: "theirs"},
		credential: &access.Credential{Principal: policy.Principal{AccountID: "1111111111111111"}},
		found:      objectstore.Found{Bucket: objectstore.Bucket{Name: "theirs", Owner: "2222222222222222"}},
	}
	_, err := doPutBucketACL(t.Context(), c, &putBucketACLInput{ACL: "private"})
	if !errors.Is(err, &objectstore.Error{Kind: objectstore.BucketAlreadyExists}) {
		t.Errorf("got %v, want BucketAlreadyExists", err)
	}
}
