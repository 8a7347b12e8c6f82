package oss

import "ossd/objectstore"

// owner is how an account is named in documents. Accounts have no display name of their own here.
type owner struct {
	ID          string
	DisplayName string
}

func ownerOf(account string) owner { return owner{ID: account, DisplayName: account} }

// The texts are compared by client suites.
const (
	noSuchBucketACL = "no such bucket access control exists"
	noSuchObjectACL = "no such object access control exists"
)

// bucketACL checks the value of x-oss-acl; empty means that none was sent.
func bucketACL(value string) (objectstore.ACL, error) {
	if acl := objectstore.ACL(value); acl == "" || acl.ForBucket() {
		return acl, nil
	}
	return "", invalidArgument("x-oss-acl", value, noSuchBucketACL)
}

// objectACL checks the value of x-oss-object-acl.
func objectACL(value string) (objectstore.ACL, error) {
	if acl := objectstore.ACL(value); acl == "" || acl.ForObject() {
		return acl, nil
	}
	return "", invalidArgument("x-oss-object-acl", value, noSuchObjectACL)
}

// storageClass checks a storage class; empty means that none was named.
func storageClass(name, value string) (objectstore.StorageClass, error) {
	if class := objectstore.StorageClass(value); class == "" || class.Valid() {
		return class, nil
	}
	e := invalidArgument(name, value, "No such bucket storage class exists")
	e.EC = "0013-00000101"
	return "", e
}
