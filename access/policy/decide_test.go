package policy

import (
	"reflect"
	"testing"
)

const (
	ours   = "1111111111111111"
	theirs = "2222222222222222"
)

var (
	anonymous = Principal{}
	owner     = Principal{Type: Account, AccountID: ours}
	stranger  = Principal{Type: Account, AccountID: theirs}
	alice     = Principal{Type: User, AccountID: ours, UserID: "201111111111111111", UserName: "alice"}
	carol     = Principal{Type: User, AccountID: theirs, UserID: "202222222222222222", UserName: "carol"}
	appRole   = Principal{Type: RoleSession, AccountID: ours, RoleID: "301111111111111111", RoleName: "app-role", SessionName: "s1"}
)

// with parses statements as one attached policy.
func with(t *testing.T, statements string) []Attached {
	return []Attached{{Name: "p", Type: "Custom", Document: mustParse(t, Identity, `{"Version":"1","Statement":[`+statements+`]}`)}}
}

func bucketPolicy(t *testing.T, statements string) *Document {
	return mustParse(t, Bucket, `{"Version":"1","Statement":[`+statements+`]}`)
}

const (
	allowAll     = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	denyDelete   = `{"Sid":"keep","Effect":"Deny","Action":"oss:DeleteObject","Resource":"*"}`
	allowToWorld = `{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Principal":"*"}`
	denyToWorld  = `{"Effect":"Deny","Action":"oss:*","Resource":"*","Principal":[]}`
)

func request(who Principal, action string) Request {
	return Request{Principal: who, Action: action, Resource: "acs:oss:cn-hangzhou:" + ours + ":photos/a.txt", Class: Data, Owner: ours}
}

func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		request Request
		change  func(*Request)
		want    Reason
	}{
		"zero request": {Request{}, func(*Request) {}, NoAllowManagement},
		"owner without an id owns nothing": {request(Principal{Type: Account}, "oss:GetObject"), func(r *Request) {
			r.Owner = ""
		}, NoAllowACL},
		"deny in identity and bucket policy": {request(alice, "oss:DeleteObject"), func(r *Request) {
			r.Identity, r.BucketPolicy = with(t, allowAll+","+denyDelete), bucketPolicy(t, denyToWorld)
		}, BothExplicitDeny},
		"identity allow before bucket allow": {request(alice, "oss:GetObject"), func(r *Request) {
			r.Identity, r.BucketPolicy = with(t, allowAll), bucketPolicy(t, allowToWorld)
		}, ByIdentityAllow},
		"account keys have no identity policies": {request(owner, "oss:DeleteObject"), func(r *Request) {
			r.Identity = with(t, denyDelete)
		}, ByOwner},
		"deny of a foreign identity policy is honoured": {request(carol, "oss:DeleteObject"), func(r *Request) {
			r.Identity, r.BucketACL = with(t, denyDelete), PublicReadWrite
		}, IdentityExplicitDeny},
		"allow of a foreign identity policy is not": {request(carol, "oss:DeleteObject"), func(r *Request) {
			r.Identity = with(t, allowAll)
		}, NoAllowACL},
		"object ACL wins over bucket ACL": {request(stranger, "oss:GetObject"), func(r *Request) {
			r.ObjectACL, r.BucketACL = Private, PublicReadWrite
		}, NoAllowACL},
		"default object ACL is the bucket's": {request(stranger, "oss:PutObject"), func(r *Request) {
			r.ObjectACL, r.BucketACL = Default, PublicReadWrite
		}, ByBucketACL},
		"an unknown ACL grants nothing": {request(stranger, "oss:GetObject"), func(r *Request) {
			r.ObjectACL = "public"
		}, NoAllowACL},
		"no ACL for management": {request(alice, "oss:GetObject"), func(r *Request) {
			r.Class, r.BucketACL = Management, PublicReadWrite
		}, NoAllowManagement},
		"an unknown class is management": {request(alice, "oss:GetObject"), func(r *Request) {
			r.Class, r.BucketACL = Class(7), PublicReadWrite
		}, NoAllowManagement},
		"blocked public access, named principal stays": {request(stranger, "oss:GetObject"), func(r *Request) {
			r.BlockPublicAccess = true
			r.BucketPolicy = bucketPolicy(t, `{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Principal":["*","`+theirs+`"]}`)
		}, ByBucketPolicyAllow},
		"blocked public access, world is ignored": {request(carol, "oss:GetObject"), func(r *Request) {
			r.BlockPublicAccess = true
			r.BucketPolicy = bucketPolicy(t, `{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Principal":["*","`+theirs+`"]}`)
		}, NoAllowACL},
		"blocked public access, Deny to the world stays": {request(alice, "oss:GetObject"), func(r *Request) {
			r.BlockPublicAccess, r.Identity, r.BucketPolicy = true, with(t, allowAll), bucketPolicy(t, denyToWorld)
		}, BucketPolicyDeny},
		"blocked public access, owner stays": {request(owner, "oss:GetObject"), func(r *Request) {
			r.BlockPublicAccess = true
		}, ByOwner},
		"session policy limits what a bucket policy gives": {request(appRole, "oss:GetObject"), func(r *Request) {
			r.BucketPolicy = bucketPolicy(t, allowToWorld)
			r.Session = mustParse(t, Session, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Put*","Resource":"*"}]}`)
		}, SessionImplicitDeny},
		"session policy gives nothing by itself": {request(appRole, "oss:GetObject"), func(r *Request) {
			r.Session = mustParse(t, Session, `{"Version":"1","Statement":[`+allowAll+`]}`)
		}, NoAllowACL},
		"a trust policy in the wrong place gives nothing": {request(alice, "sts:AssumeRole"), func(r *Request) {
			r.Identity = []Attached{{Document: mustParse(t, Trust, trustOf(`"acs:ram::`+ours+`:root"`))}}
		}, NoAllowACL},
		"an identity policy as bucket policy gives nothing": {request(alice, "oss:GetObject"), func(r *Request) {
			r.BucketPolicy = with(t, allowAll)[0].Document
		}, NoAllowACL},
		"bucket policy without Principal gives nothing": {request(alice, "oss:GetObject"), func(r *Request) {
			r.BucketPolicy = bucketPolicy(t, allowAll)
		}, NoAllowACL},
		"role name of a bucket policy in lower case": {request(Principal{Type: RoleSession, AccountID: ours, RoleName: "App-Role", SessionName: "s1"}, "oss:GetObject"), func(r *Request) {
			r.BucketPolicy = bucketPolicy(t, `{"Effect":"Allow","Action":"*","Resource":"*","Principal":"arn:sts::`+ours+`:assumed-role/app-role/s1"}`)
		}, ByBucketPolicyAllow},
		"an account's number is not its users": {request(carol, "oss:GetObject"), func(r *Request) {
			r.BucketPolicy = bucketPolicy(t, `{"Effect":"Allow","Action":"*","Resource":"*","Principal":"`+theirs+`"}`)
		}, NoAllowACL},
		"RAM action by the account's key":     {Request{Principal: owner, Action: "ram:CreateUser", Resource: "acs:ram:*:" + ours + ":user/*", Owner: ours}, func(*Request) {}, ByOwner},
		"RAM action by a user without policy": {Request{Principal: alice, Action: "ram:CreateUser", Resource: "acs:ram:*:" + ours + ":user/*", Owner: ours}, func(*Request) {}, NoAllowManagement},
		"RAM action by a user with policy": {Request{Principal: alice, Action: "ram:CreateUser", Resource: "acs:ram:*:" + ours + ":user/*", Owner: ours}, func(r *Request) {
			r.Identity = with(t, `{"Effect":"Allow","Action":"ram:Create*","Resource":"acs:ram:*:`+ours+`:user/*"}`)
		}, ByIdentityAllow},
		"anonymous RAM action": {Request{Principal: anonymous, Action: "ram:CreateUser", Resource: "acs:ram:*:" + ours + ":user/*", Owner: ours}, func(r *Request) {
			r.Identity = with(t, allowAll)
		}, NoAllowManagement},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.request
			c.change(&r)
			got := Decide(r)
			if got.Reason != c.want {
				t.Errorf("got %s: %s; want %s", got.Reason, got.Explain(), c.want)
			}
			if allows := map[Reason]bool{ByOwner: true, ByIdentityAllow: true, ByBucketPolicyAllow: true, ByObjectACL: true, ByBucketACL: true}; got.Allowed != allows[c.want] {
				t.Errorf("Allowed is %v for %s", got.Allowed, c.want)
			}
		})
	}
}

func TestACLActions(t *testing.T) {
	allow := func(acl ACL, action string) {
		r := request(stranger, action)
		r.BucketACL = acl
		if d := Decide(r); d.Reason != ByBucketACL {
			t.Errorf("%s: %s", acl, d.Explain())
		}
	}
	deny := func(acl ACL, action string) {
		r := request(stranger, action)
		r.BucketACL = acl
		if d := Decide(r); d.Reason != NoAllowACL {
			t.Errorf("%s: %s", acl, d.Explain())
		}
	}
	for _, action := range []string{"oss:GetObject", "oss:GetObjectVersion"} {
		allow(PublicRead, action)
		allow(PublicReadWrite, action)
		deny(Private, action)
		deny("", action)
	}
	for _, action := range []string{"oss:PutObject", "oss:DeleteObject", "oss:AbortMultipartUpload"} {
		deny(PublicRead, action)
		allow(PublicReadWrite, action)
	}
	for _, action := range []string{"oss:GetObjectAcl", "oss:PutObjectAcl", "oss:DeleteObjectVersion", "oss:GetObjectTagging", "oss:RestoreObject", "oss:ListParts"} {
		deny(PublicReadWrite, action)
	}
}

// TestMatches: a decision names every statement that decided, that of the
// reason first.
func TestMatches(t *testing.T) {
	r := request(appRole, "oss:DeleteObject")
	r.Session = mustParse(t, Session, `{"Version":"1","Statement":[`+allowAll+`]}`)
	r.Identity = append(with(t, `{"Effect":"Allow","Action":"oss:Get*","Resource":"*"},`+allowAll), Attached{Name: "AdministratorAccess", Type: "System", Document: systemDocuments()["AdministratorAccess"]})
	want := []Match{
		{Policy: "p", Type: "Custom", Statement: 1, Effect: Allow},
		{Policy: "AdministratorAccess", Type: "System", Effect: Allow},
		{Policy: "session policy", Effect: Allow},
	}
	if got := Decide(r); !reflect.DeepEqual(got.Matches, want) {
		t.Errorf("allow: got %v, want %v", got.Matches, want)
	}

	r.Identity = with(t, allowAll+","+denyDelete)
	r.BucketPolicy = bucketPolicy(t, denyToWorld)
	want = []Match{
		{Policy: "p", Type: "Custom", Statement: 1, Sid: "keep", Effect: Deny},
		{Policy: "bucket policy", Effect: Deny},
	}
	if got := Decide(r); !reflect.DeepEqual(got.Matches, want) {
		t.Errorf("deny: got %v, want %v", got.Matches, want)
	}

	many := allowAll
	for range 20 {
		many += "," + allowAll
	}
	r = request(alice, "oss:DeleteObject")
	r.Identity = with(t, many+","+denyDelete)
	if got := Decide(r); got.Reason != IdentityExplicitDeny || len(got.Matches) != 1 {
		t.Errorf("a Deny after many Allows: %s", got.Explain())
	}
	r.Action = "oss:PutObject"
	if got := Decide(r); !got.Allowed || len(got.Matches) != maxMatches {
		t.Errorf("many Allows: %d matches, want %d", len(got.Matches), maxMatches)
	}
}
