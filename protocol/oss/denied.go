package oss

import (
	"encoding/xml"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/signature"
)

// accessDeniedDetail is the element that tells RAM users and roles what denied them.
const accessDeniedDetail = "AccessDeniedDetail"

var errAnonymousForbidden = &Error{Status: 403, Code: "AccessDenied", Message: "Anonymous access is forbidden for this operation.", EC: "0003-00000905"}

// denied words a refusal of permission (protocol facts "authorization", section 8).
func (c *call) denied(d policy.Decision, asked *access.Check) *Error {
	e := &Error{Status: 403, Code: "AccessDenied"}
	switch d.Reason {
	case policy.SessionImplicitDeny, policy.SessionExplicitDeny:
		e.Message = "Access denied by authorizer's policy."
	case policy.BucketPolicyDeny:
		e.Message, e.EC = "Access denied by bucket policy.", "0003-00000101"
	case policy.IdentityExplicitDeny:
		e.Message, e.EC = "Access denied by bucket policy.", "0003-00000201" // the service's text, misleading as it is
	case policy.BothExplicitDeny:
		e.Message, e.EC = "Access denied by bucket policy.", "0003-00000203"
	default:
		e.Message, e.EC = c.notAllowed(asked)
	}
	if detail := c.deniedDetail(d); detail != "" {
		e.Fields = []signature.Field{{Name: accessDeniedDetail, Value: detail}}
	}
	return e
}

// notAllowed words the absence of a grant.
func (c *call) notAllowed(asked *access.Check) (message, ec string) {
	switch {
	case asked.Action == "oss:GetObjectAcl":
		return "You do not have read acl permission on this object.", "0003-00000007"
	case asked.Action == "oss:PutObjectAcl":
		return "You do not have write acl permission on this object.", "0003-00000001"
	case asked.Class == policy.Data:
		// Said only where the bucket is open: elsewhere it would tell that the object exists.
		if asked.ObjectACL == policy.Private && asked.BucketACL != policy.Private && asked.Action == "oss:GetObject" {
			return "You do not have read permission on this object.", "0003-00000005"
		}
		return "You have no right to access this object because of bucket acl.", "0003-00000001"
	case asked.Action == "oss:ListBuckets":
		return "You are forbidden to list buckets.", "0003-00000001"
	case c.operation.On == Service:
		return "You have no right to do this.", "0003-00000001"
	case c.credential == nil:
		return "Anonymous user has no right to access this bucket.", "0003-00000905"
	}
	return "The bucket you access does not belong to you.", "0003-00000001"
}

// deniedDetail is the AccessDeniedDetail element for RAM users and role sessions, "" for others.
func (c *call) deniedDetail(d policy.Decision) string {
	if c.credential == nil {
		return ""
	}
	p := c.credential.Principal
	kind, name := p.DeniedAs()
	if kind == "" {
		return ""
	}
	type detail struct {
		XMLName                  xml.Name `xml:"AccessDeniedDetail"`
		PolicyType               string
		AuthPrincipalOwnerId     string
		AuthPrincipalType        string
		AuthPrincipalDisplayName string
		NoPermissionType         string
		AuthAction               string
		EncodedDiagnosticMessage string `xml:",omitempty"`
	}
	text, err := xml.Marshal(detail{
		PolicyType: d.PolicyType(), AuthPrincipalOwnerId: p.AccountID, AuthPrincipalType: kind,
		AuthPrincipalDisplayName: name, NoPermissionType: d.NoPermissionType(), AuthAction: d.Action,
		EncodedDiagnosticMessage: c.Directory.DiagnosticMessage(access.Denial{Time: c.start, RequestID: c.id, Principal: p, Decision: d}),
	})
	if err != nil {
		return "" // strings cannot fail to be marshalled
	}
	return string(text)
}
