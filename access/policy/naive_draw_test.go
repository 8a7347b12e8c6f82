package policy

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
)

// dice draw situations of few letters, names and values, so that what policies
// say and what requests ask often meet, and often just miss.
type dice struct {
	*rand.Rand
	action, resource string // what policies and requests are drawn around
}

func newDice(seed uint64) *dice {
	d := &dice{Rand: rand.New(rand.NewPCG(seed, 0))}
	d.action, d.resource = d.of(drawnActions), d.drawResource()
	return d
}

func (d *dice) of(list []string) string { return list[d.IntN(len(list))] }
func (d *dice) once(in int) bool        { return d.IntN(in) == 0 }

var (
	drawnActions = []string{
		"oss:GetObject", "oss:GetObject", "oss:GetObjectVersion", "oss:PutObject", "oss:DeleteObject", "oss:AbortMultipartUpload",
		"oss:GetObjectAcl", "oss:ListObjects", "oss:PutBucket", "ram:GetUser", "sts:AssumeRole",
	}
	drawnRegions  = []string{"oss-cn-a", "oss-cn-a", "cn-a", "oss-cn-b", "*", ""}
	drawnBuckets  = []string{"b", "b", "bb", "ab"}
	drawnAccounts = []string{ours, ours, ours, theirs}
	drawnACLs     = []string{"", "default", "private", "public-read", "public-read", "public-read-write", "unheard-of"}

	drawnPrincipals = []Principal{
		anonymous, owner, stranger, alice, alice, carol, appRole, appRole, joe,
		{Type: User, AccountID: ours, UserID: "201111111111111112", UserName: "Bob"},
		{Type: RoleSession, AccountID: ours, RoleID: "301111111111111112", RoleName: "App-Role", SessionName: "s2"},
		{Type: RoleSession, AccountID: theirs, RoleID: "302222222222222222", RoleName: "app-role", SessionName: "s1"},
		{Type: Federated, AccountID: theirs, ProviderName: "p", Subject: "s"},
		{Type: Federated, AccountID: ours, ProviderName: "Q", Subject: "s"},
	}
	drawnBucketPrincipals = []string{
		"*", "*", ours, theirs, alice.UserID, carol.UserID, "201111111111111112", "arn:sts::" + ours, "alice", "**",
		"arn:sts::" + ours + ":assumed-role/app-role/*", "arn:sts::" + ours + ":assumed-role/App-role/s1", "arn:sts::" + theirs + ":assumed-role/app-role/s1",
	}
	drawnTrusted = map[string][]string{
		"RAM": {
			"acs:ram::" + ours + ":root", "acs:ram::" + theirs + ":root", "acs:ram::" + ours + ":user/alice", "acs:ram::" + ours + ":user/ALICE",
			"acs:ram::" + ours + ":user/bob", "acs:ram::" + theirs + ":user/alice", "acs:ram::" + ours + ":role/app-role", "acs:ram::" + theirs + ":role/App-Role",
			"acs:ram::" + ours + ":user/app-role", "acs:ram::" + ours + ":role/alice",
		},
		"Federated": {
			"acs:ram::" + ours + ":oidc-provider/p", "acs:ram::" + ours + ":oidc-provider/P", "acs:ram::" + ours + ":oidc-provider/q",
			"acs:ram::" + theirs + ":oidc-provider/p", "acs:ram::" + ours + ":saml-provider/p",
		},
		"Service": {"ecs.aliyuncs.com", "oss.aliyuncs.com"},
	}
)

func (d *dice) drawResource() string {
	r := "acs:oss:" + d.of(drawnRegions) + ":" + d.of(drawnAccounts) + ":" + d.of(drawnBuckets)
	if !d.once(4) {
		r += "/" + d.text(4)
	}
	return r
}

// text is a key, or what is like one.
func (d *dice) text(n int) (text string) {
	for range d.IntN(n + 1) {
		text += d.of([]string{"a", "b", "/", ":", "é", "键"})
	}
	return text
}

// around returns center, mostly, or something else.
func (d *dice) around(center string, other func() string) string {
	if d.once(3) {
		return other()
	}
	return center
}

// blur puts wildcards for parts of a text, or spoils it.
func (d *dice) blur(text string) string {
	for range d.IntN(3) {
		list := []rune(text)
		if len(list) == 0 {
			break
		}
		i := d.IntN(len(list))
		switch d.IntN(6) {
		case 0, 1:
			text = string(list[:i]) + "?" + string(list[i+1:])
		case 2, 3, 4:
			text = string(list[:i]) + "*" + string(list[i+d.IntN(len(list)-i+1):])
		default:
			text = string(list[:i]) + d.of([]string{"a", ":", "b"}) + string(list[i:])
		}
	}
	return text
}

func (d *dice) actionPattern() any {
	text := d.blur(d.around(d.action, func() string { return d.of([]string{"*", "oss:*", "oss:Get*", "*:*Object", d.of(drawnActions)}) }))
	if d.once(4) {
		text = d.cased(text)
	}
	if !strings.ContainsAny(text, ":*") {
		text = "*" + text
	}
	return text
}

func (d *dice) cased(text string) string {
	if d.once(2) {
		return strings.ToUpper(text)
	}
	return strings.ToLower(text)
}

func (d *dice) resourcePattern() any {
	text := d.around(d.resource, func() string { return d.of([]string{"*", "acs:oss:*", "acs:oss:*:*:b*", d.drawResource()}) })
	if rest, ok := strings.CutPrefix(text, "acs:"); ok && !d.once(8) {
		return "acs:" + d.blur(rest)
	}
	if text = d.blur(text); !strings.HasPrefix(text, "acs:") && !strings.HasPrefix(text, "*") {
		text = "*" + text
	}
	return text
}

// some is one value, or a list of up to n.
func (d *dice) some(n int, draw func() any) any {
	if d.once(3) {
		return draw()
	}
	list := []any{}
	for range 1 + d.IntN(n) {
		list = append(list, draw())
	}
	return list
}

// document draws one of up to n statements.
func (d *dice) document(kind Kind, n int) string {
	statements := []any{}
	for range 1 + d.IntN(n) {
		statements = append(statements, d.statement(kind))
	}
	document := map[string]any{"Version": "1", "Statement": any(statements)}
	if len(statements) == 1 && d.once(3) {
		document["Statement"] = statements[0]
	}
	return printed(document)
}

func printed(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps, lists and strings cannot fail
	}
	return string(text)
}

func (d *dice) statement(kind Kind) map[string]any {
	s := map[string]any{"Effect": "Allow"}
	if d.once(3) {
		s["Effect"] = "Deny"
	}
	action := "Action"
	if kind != Trust && d.once(6) {
		action = "NotAction"
	}
	s[action] = d.some(3, d.actionPattern)
	switch kind {
	case Trust:
		s[action] = d.some(2, func() any {
			return d.of([]string{"sts:AssumeRole", "sts:AssumeRole", "STS:assume*", "sts:*", "sts:GetCallerIdentity", "*"})
		})
		s["Principal"] = d.trusted()
	case Bucket:
		if !d.once(10) {
			s["Principal"] = d.some(3, func() any { return d.of(drawnBucketPrincipals) })
		}
		if d.once(10) {
			s["Principal"] = []any{}
		}
	}
	if kind != Trust {
		s["Resource"] = d.some(3, d.resourcePattern)
	}
	if d.once(2) {
		s["Condition"] = d.conditions()
	}
	return s
}

func (d *dice) trusted() any {
	kinds := map[string]any{}
	for _, kind := range []string{"RAM", "Federated", "Service"} {
		if d.once(2) {
			kinds[kind] = d.some(2, func() any { return d.of(drawnTrusted[kind]) })
		}
	}
	if len(kinds) == 0 {
		kinds["RAM"] = d.of(drawnTrusted["RAM"])
	}
	return kinds
}
