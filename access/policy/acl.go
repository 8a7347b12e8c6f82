package policy

// access is what an ACL can be asked for.
type access int

const (
	neither access = iota // of the owner alone, whatever the ACL
	read
	write
)

// accessOf sorts the actions on an object. Reading and writing, deletion
// included, are the vendor's; whatever else there is (ACLs, tags, restoring,
// listing parts, deleting versions) no ACL grants.
func accessOf(action string) access {
	switch action {
	case "oss:GetObject", "oss:GetObjectVersion":
		return read
	case "oss:PutObject", "oss:DeleteObject", "oss:AbortMultipartUpload":
		return write
	}
	return neither
}

// grants tells whether the ACL gives want to someone who is not the owner. An
// unknown ACL gives nothing.
func (a ACL) grants(want access) bool {
	switch a {
	case PublicRead:
		return want == read
	case PublicReadWrite:
		return want == read || want == write
	}
	return false
}

// byACL asks the object's ACL, or the bucket's where the object has none of its
// own. Blocking public access leaves only the owner, who was let in before.
func byACL(r *Request) (bool, Reason) {
	acl, reason := r.ObjectACL, ByObjectACL
	if acl == "" || acl == Default {
		acl, reason = r.BucketACL, ByBucketACL
	}
	return !r.BlockPublicAccess && acl.grants(accessOf(r.Action)), reason
}
