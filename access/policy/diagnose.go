package policy

import "strings"

// Diagnosis is what stands behind a denial, as far as the administrators of the
// caller's account may know it.
type Diagnosis struct {
	Decision   Decision // without the statements that are another account's
	Matches    []Matched
	Near       []NearMiss // where no statement denies: what nearly allows it
	Conditions []ConditionValue
}

// Matched is a statement that denied, and where its policy comes from.
type Matched struct {
	Match
	Version string // Attached.Version
	To      string // Attached.To
}

// ConditionValue is what a request brought for a condition key that a statement
// of the diagnosis asks for.
type ConditionValue struct {
	Key     string // as the statement has it
	Value   string
	Present bool // otherwise the request has no such value
}

const (
	maxConditionValues = 16
	// maxShownValue bounds what of one value is told, in bytes. Anything may stand
	// in the headers of a request.
	maxShownValue = 128
)

// Of keeps the request that a denial is about, so that it can be diagnosed. It is
// no part of Decide, which needs no heap.
func (d Decision) Of(r Request) Decision {
	d.asked = &r
	return d
}

// Diagnose finds out what stands behind a denial. It looks at the statements once
// more, so that nothing of this costs who is allowed. What the denial was decided
// by is still at hand if Of kept it: nothing is read again. Without, there are only
// the statements that the decision names.
//
// A bucket policy, a trust policy and an object's tags belong to the owner of the
// resource: where that is not the caller's own account, nothing of them is told,
// and neither is who the owner is.
func (d Decision) Diagnose(p Principal) Diagnosis {
	shows := disclosure{foreign: d.Owner != p.AccountID}
	diagnosis := Diagnosis{Decision: d}
	told := &diagnosis.Decision
	told.Matches, told.asked = nil, nil
	for _, m := range d.Matches {
		if shows.foreign && m.Type == "" && m.Policy != sessionPolicyName {
			continue
		}
		told.Matches = append(told.Matches, m)
		diagnosis.Matches = append(diagnosis.Matches, d.asked.matched(m))
	}
	if d.asked == nil {
		return diagnosis
	}
	if shows.foreign && d.Owner != "" {
		told.Owner = ""
		told.Resource = strings.Replace(d.Resource, ":"+d.Owner+":", ":*:", 1)
	}
	near := d.asked.undecided(d.Reason, shows)
	diagnosis.Near = nearMisses(&near, shows)
	values := valueList{context: d.asked.Context, shows: shows}
	for _, m := range told.Matches {
		values.add(d.asked.statement(m))
	}
	for _, n := range diagnosis.Near {
		values.add(d.asked.statement(n.Match))
	}
	diagnosis.Conditions = values.list
	return diagnosis
}

// undecided is the request with only those policies in which a statement more
// could have made the difference.
func (r *Request) undecided(reason Reason, shows disclosure) Request {
	near := *r
	if reason != SessionImplicitDeny {
		near.Session = nil
	}
	// An Allow of the caller's own account gives nothing on a resource of another.
	if (reason != NoAllowACL && reason != NoAllowManagement) || shows.foreign {
		near.Identity, near.BucketPolicy = nil, nil
	}
	return near
}

// matched adds to a match what is known of its policy.
func (r *Request) matched(m Match) Matched {
	if a := r.attached(m); a != nil {
		return Matched{m, a.Version, a.To}
	}
	return Matched{Match: m}
}

func (r *Request) attached(m Match) *Attached {
	if r == nil {
		return nil
	}
	for i := range r.Identity {
		if a := &r.Identity[i]; a.Name == m.Policy && a.Type == m.Type {
			return a
		}
	}
	return nil
}

// statement finds what a match of this request names.
func (r *Request) statement(m Match) *statement {
	d := r.BucketPolicy
	if a := r.attached(m); a != nil {
		d = a.Document
	} else if m.Policy == sessionPolicyName {
		d = r.Session
	}
	return &d.statements[m.Statement]
}

// valueList gathers what a request has for the conditions of statements.
type valueList struct {
	context Context
	shows   disclosure
	list    []ConditionValue
	seen    map[string]bool
}

func (v *valueList) add(s *statement) {
	for i := range s.conditions {
		c := &s.conditions[i]
		if len(v.list) == maxConditionValues || v.seen[c.key] || !v.shows.key(c.key) {
			continue
		}
		if v.seen == nil {
			v.seen = map[string]bool{}
		}
		v.seen[c.key] = true
		value, ok := valueIn(v.context, c.key)
		v.list = append(v.list, ConditionValue{c.name, value, ok})
	}
}

// valueIn is what a request has for a key, cut to what is told of it.
func valueIn(ctx Context, key string) (string, bool) {
	if ctx == nil {
		return "", false
	}
	value, ok := ctx.Value(key)
	if len(value) > maxShownValue {
		value = strings.ToValidUTF8(value[:maxShownValue], "") + "…"
	}
	return value, ok
}

// disclosure says which condition keys a diagnosis tells the values of.
type disclosure struct {
	foreign bool // the resource is another account's
}

// key tells whether the value of a key is told. An external id is known to those
// alone who agreed on it; some take it for a secret.
func (d disclosure) key(key string) bool {
	return key != "sts:externalid" && !(d.foreign && strings.HasPrefix(key, "oss:existingobjecttag/"))
}
