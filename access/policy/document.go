package policy

// Document is a parsed policy, ready to be evaluated by any number of goroutines.
type Document struct {
	kind       Kind
	text       string
	statements []statement
}

// Text returns the document exactly as it was given to Parse. RAM and OSS hand
// documents back that way, and clients compare them.
func (d *Document) Text() string { return d.text }

// Kind returns what the document was parsed as.
func (d *Document) Kind() Kind { return d.kind }

// Public tells whether any statement opens the bucket to the world: an Allow to
// everyone that no condition narrows to fixed sources. Such statements are what
// block public access ignores and GetBucketPolicyStatus reports.
func (d *Document) Public() bool {
	for i := range d.statements {
		if d.statements[i].public {
			return true
		}
	}
	return false
}

// statement is compiled once. Where it is asked whether it applies, all of its
// elements must match.
type statement struct {
	sid        string
	effect     Effect
	actions    []pattern
	notAction  bool              // actions are those it does not apply to
	resources  []resourcePattern // none in trust policies
	principals principals        // bucket and trust policies only
	conditions []condition
	public     bool
}

// question is a request in the form that statements are compared with.
type question struct {
	action   string
	resource arn
	context  Context
}

func (s *statement) matchesAction(action string) bool {
	for i := range s.actions {
		if s.actions[i].match(action) {
			return !s.notAction
		}
	}
	return s.notAction
}

func (s *statement) matchesResource(resource *arn) bool {
	for i := range s.resources {
		if s.resources[i].match(resource) {
			return true
		}
	}
	return false
}

// conditionsHold fails closed: where a condition cannot be evaluated and none of
// the others is plainly false, a Deny applies and an Allow does not.
func (s *statement) conditionsHold(ctx Context) bool {
	unsure := false
	for i := range s.conditions {
		switch s.conditions[i].outcome(ctx) {
		case no:
			return false
		case unreadable:
			unsure = true
		}
	}
	return !unsure || s.effect == Deny
}

// applies tells whether the statement is about q; whose principals it names is
// the caller's to ask.
func (s *statement) applies(q *question) bool {
	return s.matchesAction(q.action) && s.matchesResource(&q.resource) && s.conditionsHold(q.context)
}
