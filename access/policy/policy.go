// Package policy is the policy language of RAM and OSS: parse, match, decide,
// explain. It is pure: it reads no clock, no network and no store, and never
// asks who is calling; the caller brings everything that a decision needs.
//
// The grammar and the flow are those of the vendor's "Policy elements",
// "Policy evaluation process" and OSS "Authorization process" pages.
package policy

// Kind says what a document is used as; the grammar differs a little.
type Kind int

const (
	Identity Kind = iota // attached to a user, group or role
	Session              // the Policy parameter of AssumeRole
	Trust                // the AssumeRolePolicyDocument of a role
	Bucket               // OSS bucket policy
)

// PrincipalType says what sort of identity a request was proved to be by.
type PrincipalType int

const (
	Anonymous   PrincipalType = iota
	Account                   // the account's own access key ("root")
	User                      // a RAM user
	RoleSession               // temporary credentials of an assumed role
	Federated                 // whoever an identity provider vouches for; may do nothing but assume a role
)

// Principal is who a request was proved to be by. AccountID is set for all but
// Anonymous; the other fields as the type has them.
type Principal struct {
	Type        PrincipalType
	AccountID   string // 16 digits
	UserID      string
	UserName    string
	RoleID      string
	RoleName    string
	SessionName string

	// SourceIdentity is whom a role session says that it began with, if it says so.
	SourceIdentity string

	ProviderName string // of the identity provider that vouched
	Subject      string // whom it vouched for, in its own words
}

// Class groups operations by what decides when no policy does.
type Class int

const (
	Management Class = iota // service, bucket, RAM and STS operations: no ACL can grant them
	Data                    // operations on an object: the ACLs decide
)

// ACL is a canned access control list of a bucket or an object.
type ACL string

const (
	Default         ACL = "default" // objects only: as the bucket
	Private         ACL = "private"
	PublicRead      ACL = "public-read"
	PublicReadWrite ACL = "public-read-write"
)

// Context yields the values of condition keys. Key is lower case, such as
// "acs:sourceip" or "oss:prefix"; the part behind a slash in a tag key keeps
// its case ("oss:existingobjecttag/Status"). ok is false when the request has
// no such value. Values are computed only when a condition asks for them, and
// as often as conditions ask. Dates are RFC 3339, booleans "true" and "false".
//
// A value that its operator cannot read makes a Deny apply and an Allow not, so
// a value that is not known must be reported as absent, not as "".
//
// A nil Context has no values.
type Context interface {
	Value(key string) (value string, ok bool)
}

// Attached is a policy that speaks for a principal, and where it comes from.
type Attached struct {
	Name     string    // policy name; "session policy", "bucket policy", "trust policy" for the inline kinds
	Type     string    // "System" or "Custom"; empty for the inline kinds
	Document *Document // must not be nil

	// Only a diagnosis tells these.
	Version string // of the policy, "v2"; empty where there are none
	To      string // what it is attached to: "User", "Group" or "Role"
}

// Request is everything that one action on one resource is decided by.
type Request struct {
	Principal Principal
	Action    string // "oss:GetObject"
	Resource  string // "acs:oss:REGION:OWNER:bucket/key"
	Class     Class
	Owner     string // account that owns the resource; for RAM and STS actions the caller's own

	Identity []Attached // all policies attached to the principal, groups' included
	Session  *Document  // nil: none was given, the role's permissions stand

	BucketPolicy      *Document // nil: none
	BucketACL         ACL       // "" counts as private
	ObjectACL         ACL       // "" counts as default
	BlockPublicAccess bool

	Context Context
}

// Reason says which step of the flow decided. The texts are those of the
// captured decision cases in testdata.
type Reason string

const (
	ByOwner              Reason = "owner"
	ByIdentityAllow      Reason = "identity_allow"
	ByBucketPolicyAllow  Reason = "bucket_policy_allow"
	ByObjectACL          Reason = "object_acl"
	ByBucketACL          Reason = "bucket_acl"
	SessionImplicitDeny  Reason = "session_implicit_deny"
	SessionExplicitDeny  Reason = "session_explicit_deny"
	IdentityExplicitDeny Reason = "identity_explicit_deny"
	BucketPolicyDeny     Reason = "bucket_policy_explicit_deny"
	BothExplicitDeny     Reason = "both_explicit_deny"
	NoAllowACL           Reason = "no_allow_acl"
	NoAllowManagement    Reason = "no_allow_management"
	ByTrustPolicyAllow   Reason = "trust_policy_allow"
	TrustPolicyDeny      Reason = "trust_policy_explicit_deny"
	NoAllowByTrustPolicy Reason = "no_allow_trust_policy"
)

// Match names a statement that applied.
type Match struct {
	Policy    string // Attached.Name
	Type      string // Attached.Type
	Statement int    // index in the document
	Sid       string // if the statement has one
	Effect    Effect
}

// Decision is the answer with its reasons. The zero Decision denies.
type Decision struct {
	Allowed  bool
	Reason   Reason
	Action   string // as asked
	Resource string // as asked; empty for DecideTrust
	Owner    string // account that owns the resource; after DecideTrust the caller's to fill in

	// Matches are the statements that decided, those of the layer that Reason
	// names first; at most eight of each layer. An Allow also lists what the
	// session policy allowed by. There are none where nothing matched.
	Matches []Match

	asked *Request // see Of
}

// Denied tells whether a statement denies what was asked, rather than none
// allowing it.
func (d *Decision) Denied() bool {
	switch d.Reason {
	case SessionExplicitDeny, IdentityExplicitDeny, BucketPolicyDeny, BothExplicitDeny, TrustPolicyDeny:
		return true
	}
	return false
}

// Effect is what a statement does when it applies.
type Effect string

const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)
