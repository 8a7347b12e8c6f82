package policy

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The naive evaluator answers what Decide and DecideTrust answer, from the
// words of the vendor's pages (RAM "Policy elements" and "Policy evaluation
// process", OSS "Authorization process" and "Bucket Policy") and of
// docs/decisions/0006. It works on JSON as it is decoded, compiles nothing and
// shares no code with what it is compared with.

// situation is what there is to decide, with documents as texts.
type situation struct {
	who              Principal
	action, resource string
	class            Class
	owner            string

	identity        []string
	session, bucket string // "": none
	trust           string
	bucketACL       ACL
	objectACL       ACL
	block           bool
	context         map[string]string // by keys as documents spell them, such as acs:SourceIp
}

// verdict is an answer. Decided names statements as Decision.Statements does.
type verdict struct {
	allowed bool
	reason  Reason
	decided string
}

func (d Decision) verdict() verdict {
	return verdict{d.Allowed, d.Reason, strings.Join(d.Statements(), " ")}
}

// naiveStatement is a statement with its name.
type naiveStatement struct {
	name string
	json map[string]any
}

func naiveStatements(policy, text string) (list []naiveStatement) {
	if text == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		panic(err) // the drawn documents are JSON
	}
	statements, ok := document["Statement"].([]any)
	if !ok {
		statements = []any{document["Statement"]}
	}
	for i, s := range statements {
		list = append(list, naiveStatement{fmt.Sprintf("%s#%d", policy, i), s.(map[string]any)})
	}
	return list
}

// naiveDocuments are the statements of a situation.
type naiveDocuments struct{ identity, session, bucket, trust []naiveStatement }

func (s *situation) naive() (n naiveDocuments) {
	for i, text := range s.identity {
		n.identity = append(n.identity, naiveStatements(fmt.Sprint("p", i), text)...)
	}
	n.session = naiveStatements("session policy", s.session)
	n.bucket = naiveStatements("bucket policy", s.bucket)
	n.trust = naiveStatements("trust policy", s.trust)
	return n
}

// split returns the statements of each effect for which all of applies hold, no
// more of either than a decision names.
func split(list []naiveStatement, applies ...func(map[string]any) bool) (allow, deny []string) {
	for _, s := range list {
		all := true
		for _, f := range applies {
			all = all && f(s.json)
		}
		switch {
		case all && s.json["Effect"] == "Allow" && len(allow) < 8:
			allow = append(allow, s.name)
		case all && s.json["Effect"] == "Deny" && len(deny) < 8:
			deny = append(deny, s.name)
		}
	}
	return allow, deny
}

func (n *naiveDocuments) decide(s *situation) verdict {
	action := func(j map[string]any) bool { return naiveAction(j, s.action) }
	resource := func(j map[string]any) bool { return naiveResource(j, s.resource) }
	condition := func(j map[string]any) bool { return naiveConditions(j, s.context) }

	sessionAllow, sessionDeny := split(n.session, action, resource, condition)
	identityAllow, identityDeny := split(n.identity, action, resource, condition, func(j map[string]any) bool {
		speaks := s.who.Type == User || s.who.Type == RoleSession
		return speaks && (s.owner == s.who.AccountID || j["Effect"] == "Deny")
	})
	bucketAllow, bucketDeny := split(n.bucket, action, resource, condition, func(j map[string]any) bool {
		return naiveBucketPrincipal(j, s)
	})
	say := func(allowed bool, reason Reason, decided ...[]string) verdict {
		var all []string
		for _, d := range decided {
			all = append(all, d...)
		}
		return verdict{allowed, reason, strings.Join(all, " ")}
	}
	allow := func(reason Reason) verdict { return say(true, reason, identityAllow, bucketAllow, sessionAllow) }
	deny := func(reason Reason) verdict { return say(false, reason, identityDeny, bucketDeny) }

	isOwner := s.who.Type == Account && s.owner != "" && s.who.AccountID == s.owner
	switch {
	case s.session != "" && len(sessionDeny) > 0:
		return say(false, SessionExplicitDeny, sessionDeny)
	case s.session != "" && len(sessionAllow) == 0:
		return say(false, SessionImplicitDeny)
	case len(identityDeny) > 0 && len(bucketDeny) > 0:
		return deny(BothExplicitDeny)
	case len(identityDeny) > 0:
		return deny(IdentityExplicitDeny)
	case len(bucketDeny) > 0:
		return deny(BucketPolicyDeny)
	case len(identityAllow) > 0:
		return allow(ByIdentityAllow)
	case len(bucketAllow) > 0:
		return allow(ByBucketPolicyAllow)
	case isOwner:
		return allow(ByOwner)
	case s.class == Management:
		return deny(NoAllowManagement)
	case s.block:
		return deny(NoAllowACL)
	case s.objectACL != "" && s.objectACL != "default":
		if naiveACL(s.objectACL, s.action) {
			return allow(ByObjectACL)
		}
	case naiveACL(s.bucketACL, s.action):
		return allow(ByBucketACL)
	}
	return deny(NoAllowACL)
}

// naiveACL: everyone may read what is public-read, and read, write and delete
// what is public-read-write.
func naiveACL(acl ACL, action string) bool {
	reads := action == "oss:GetObject" || action == "oss:GetObjectVersion"
	writes := action == "oss:PutObject" || action == "oss:DeleteObject" || action == "oss:AbortMultipartUpload"
	return acl == "public-read" && reads || acl == "public-read-write" && (reads || writes)
}

func (n *naiveDocuments) decideTrust(s *situation) verdict {
	allow, deny := split(n.trust,
		func(j map[string]any) bool { return naiveTrusted(j, &s.who) },
		func(j map[string]any) bool { return naiveAction(j, "sts:AssumeRole") },
		func(j map[string]any) bool { return naiveConditions(j, s.context) })
	switch {
	case len(deny) > 0:
		return verdict{false, TrustPolicyDeny, strings.Join(deny, " ")}
	case len(allow) > 0:
		return verdict{true, ByTrustPolicyAllow, strings.Join(allow, " ")}
	}
	return verdict{false, NoAllowByTrustPolicy, ""}
}
