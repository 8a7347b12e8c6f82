// Package access knows accounts, users, roles, keys, policies and sessions: who
// is asking, and may they? It keeps them in rows, seals every secret before it
// is written, and answers from bounded caches that its own writes invalidate.
// It speaks no HTTP and never touches an object.
package access

import (
	"errors"
	"time"

	"ossd/access/policy"
	"ossd/engine/meta"
)

// Credential is what an access key stands for. Its Secret must not be logged.
// It comes from a cache that all requests share: callers must not change it.
type Credential struct {
	AccessKeyID string
	Secret      string
	Principal   policy.Principal
	Expires     time.Time // zero: a permanent key

	session *session // temporary credentials only
	use     *keyUse  // permanent keys only
}

// Temporary tells whether the credential was issued by STS.
func (c *Credential) Temporary() bool { return c.session != nil }

// Errors of Directory.Credential. Protocols choose code and text. ErrTokenExpired
// comes wrapped in a *TokenExpiredError.
var (
	ErrKeyNotFound     = errors.New("access: no such access key")
	ErrKeyInactive     = errors.New("access: access key is disabled")
	ErrTokenMissing    = errors.New("access: temporary access key came without its security token")
	ErrTokenInvalid    = errors.New("access: security token was not issued here, was altered, or was revoked with its role or user")
	ErrTokenMismatch   = errors.New("access: security token belongs to another access key")
	ErrTokenExpired    = errors.New("access: security token has expired")
	ErrTokenUnexpected = errors.New("access: permanent access key came with a security token")
)

// Unavailable tells whether an error says that the rows cannot be reached now: trying
// again later is right.
func Unavailable(err error) bool { return errors.Is(err, meta.ErrUnavailable) }

// TokenExpiredError is an ErrTokenExpired that knows when it happened.
type TokenExpiredError struct {
	At time.Time // the first instant at which the token was no longer good
}

func (e *TokenExpiredError) Error() string {
	return ErrTokenExpired.Error() + " at " + e.At.UTC().Format(time.RFC3339)
}

func (e *TokenExpiredError) Unwrap() error { return ErrTokenExpired }

// Kind classifies what a caller of the Directory did wrong.
type Kind int

const (
	NotExist       Kind = iota + 1 // Entity does not exist
	AlreadyExists                  // Entity exists
	DeleteConflict                 // Entity is still in use, see Parameter
	LimitExceeded                  // too many of Entity
	InvalidChars                   // Parameter has characters outside its alphabet
	InvalidLength                  // Parameter is too long or too short
	InvalidFormat                  // Parameter cannot be read
	Malformed                      // Parameter is no valid policy document; Err says where
	NotPermitted                   // the decision was no, see Decision
	RootForbidden                  // account keys may not assume roles
)

var kindNames = map[Kind]string{
	NotExist: "does not exist", AlreadyExists: "already exists", DeleteConflict: "is still in use",
	LimitExceeded: "limit exceeded", InvalidChars: "invalid characters", InvalidLength: "invalid length",
	InvalidFormat: "invalid format", Malformed: "malformed document", NotPermitted: "not permitted",
	RootForbidden: "roles may not be assumed by account keys",
}

func (k Kind) String() string { return kindNames[k] }

// Error is how the Directory refuses a change. Entity and Parameter are spelled
// as RAM spells them, for example Kind NotExist with Entity "User.AccessKey",
// or Kind DeleteConflict with Entity "User" and Parameter "AccessKey".
type Error struct {
	Kind      Kind
	Entity    string
	Parameter string
	Decision  *policy.Decision // NotPermitted only
	Err       error
}

func (e *Error) Error() string {
	s := "access: " + e.Kind.String()
	if e.Entity != "" {
		s += ", entity " + e.Entity
	}
	if e.Parameter != "" {
		s += ", parameter " + e.Parameter
	}
	if e.Decision != nil {
		s += ": " + e.Decision.Explain()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Check is one question to Authorize: may this credential do Action on Resource?
// Its fields are those of policy.Request that belong to the resource.
type Check struct {
	Action            string
	Resource          string
	Class             policy.Class
	Owner             string
	BucketPolicy      *policy.Document
	BucketACL         policy.ACL
	ObjectACL         policy.ACL
	BlockPublicAccess bool
	Context           policy.Context
}

// Account owns buckets, users, roles and policies.
type Account struct {
	ID         string // 16 digits
	Name       string
	CreateDate time.Time
}

// User is a RAM user.
type User struct {
	AccountID   string
	ID          string // 18 digits, the first is 2
	Name        string
	DisplayName string
	MobilePhone string
	Email       string
	Comments    string
	CreateDate  time.Time
	UpdateDate  time.Time
}

// AccessKey is a long-term key of a user, or of the account itself (UserName "").
type AccessKey struct {
	ID         string
	Secret     string // set only in the answer to its creation
	AccountID  string
	UserName   string
	Active     bool
	CreateDate time.Time
}

// Role is assumed through STS by whom its trust policy names.
type Role struct {
	AccountID          string
	ID                 string // 18 digits, the first is 3
	Name               string
	Description        string
	TrustPolicy        string // the document, Principal values as arrays
	MaxSessionDuration time.Duration
	// SessionsRevokedBefore ends every session issued at or before it; zero: none was revoked.
	SessionsRevokedBefore time.Time
	Tags                  []Tag // in the order of their keys
	CreateDate            time.Time
	UpdateDate            time.Time
}

// ARN returns acs:ram::ACCOUNT:role/NAME.
func (r Role) ARN() string { return "acs:ram::" + r.AccountID + ":role/" + r.Name }

// Policy is a custom policy of an account, or a system policy (AccountID "").
type Policy struct {
	AccountID       string
	Name            string
	Type            string // "Custom" or "System"
	Description     string
	DefaultVersion  string    // "v1"
	Document        string    // of the default version, exactly as it was given
	VersionDate     time.Time // when the default version was made
	AttachmentCount int
	Tags            []Tag // in the order of their keys
	CreateDate      time.Time
	UpdateDate      time.Time
}

// PolicyVersion is one text of a policy. The default version is in force.
type PolicyVersion struct {
	ID         string // "v2"; never given twice
	Default    bool
	Document   string // exactly as it was given
	CreateDate time.Time
}

// Group is users that policies are attached to together.
type Group struct {
	AccountID  string
	ID         string // g- and 16 letters and digits
	Name       string
	Comments   string
	CreateDate time.Time
	UpdateDate time.Time
}

// ARN returns acs:ram::ACCOUNT:group/NAME.
func (g Group) ARN() string { return "acs:ram::" + g.AccountID + ":group/" + g.Name }

// Tag is a word that its owner gives a role or policy. It decides nothing.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
}

// EntityType is what a policy can be attached to.
type EntityType string

const (
	UserEntity  EntityType = "User"
	RoleEntity  EntityType = "Role"
	GroupEntity EntityType = "Group"
)

// Attachment ties a policy to a user, role or group.
type Attachment struct {
	PolicyType string
	PolicyName string
	EntityType EntityType
	EntityName string
	AttachDate time.Time
}

// Page asks for a part of a list. A zero Limit means 100.
type Page struct {
	Marker string // opaque, from the page before
	Limit  int
}

// AssumeRole is a request for temporary credentials.
type AssumeRole struct {
	RoleARN     string
	SessionName string
	Duration    time.Duration // 0: one hour, or the role's maximum if that is less
	Policy      string        // session policy document, "" for none
	// SourceIdentity is whom to name as the one who began; "": whom the caller's session names.
	SourceIdentity string
	Context        policy.Context
}

// IssuedSession is the answer: temporary credentials and whose they are.
type IssuedSession struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string
	Expiration      time.Time
	Role            Role
	SessionName     string
	SourceIdentity  string // "": it has none
}
