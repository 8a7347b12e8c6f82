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

// storageClass checks a storage class. Archived classes would have to be
// restored before they can be read, which is not served: they are refused
// rather than treated as another class.
func storageClass(name, value string) (objectstore.StorageClass, error) {
	switch class := objectstore.StorageClass(value); class {
	case "", objectstore.Standard, objectstore.IA:
		return class, nil
	}
	switch value {
	case "Archive", "ColdArchive", "DeepColdArchive":
		return "", notImplementedValue(name, value)
	}
	e := invalidArgument(name, value, "No such bucket storage class exists")
	e.EC = "0013-00000101"
	return "", e
}
