package policy

import "strings"

func (p *parser) principals(n *node) (principals, error) {
	switch p.kind {
	case Bucket:
		return p.bucketPrincipals(n)
	case Trust:
		return p.trustPrincipals(n)
	}
	return principals{}, p.fail(n, "is allowed in trust and bucket policies only")
}

// bucketPrincipals reads a string or a list of strings. The empty list means
// everyone, as OSS documents.
func (p *parser) bucketPrincipals(n *node) (principals, error) {
	all := principals{given: true}
	if n.kind == listNode && len(n.items) == 0 {
		all.everyone = true
		return all, nil
	}
	values, err := p.strings(n)
	if err != nil {
		return all, err
	}
	for _, v := range values {
		switch {
		case v.text == "":
			return all, p.fail(v, "must not be empty")
		case strings.HasPrefix(v.text, "acs:"):
			return all, p.fail(v, "must be the number of an account or user, arn:sts::ACCOUNT:assumed-role/ROLE/SESSION or *; ARNs of RAM do not match here")
		case v.text == "*":
			all.everyone = true
		default:
			all.named = append(all.named, bucketPrincipal(v.text))
		}
	}
	return all, nil
}

// trustPrincipals reads {"RAM": …, "Service": …, "Federated": …}.
func (p *parser) trustPrincipals(n *node) (principals, error) {
	all := principals{given: true}
	if n.kind != objectNode || len(n.members) == 0 {
		return all, p.fail(n, "must be an object with RAM, Service or Federated")
	}
	for i := range n.members {
		m := &n.members[i]
		read, ok := trustReaders[m.name]
		if !ok {
			return all, p.unknown(m, "kind of principal")
		}
		values, err := p.strings(&m.value)
		if err != nil {
			return all, err
		}
		for _, v := range values {
			named, ok := read.entry(v.text)
			if !ok {
				return all, p.fail(v, "must be %s", read.want)
			}
			all.named = append(all.named, named)
		}
	}
	return all, nil
}

// trustReaders are the kinds of principal of a trust policy.
var trustReaders = map[string]struct {
	entry func(text string) (namedPrincipal, bool)
	want  string
}{
	"RAM": {trustPrincipal, "acs:ram::ACCOUNT:root, acs:ram::ACCOUNT:user/NAME or acs:ram::ACCOUNT:role/NAME"},
	"Service": {func(text string) (namedPrincipal, bool) {
		return namedPrincipal{text: text, form: serviceForm}, strings.Contains(text, ".") && !strings.ContainsAny(text, "*? /")
	}, "the name of a service, such as ecs.aliyuncs.com"},
	"Federated": {func(text string) (namedPrincipal, bool) {
		rest, ok := strings.CutPrefix(text, "acs:ram::")
		account, provider, _ := strings.Cut(rest, ":")
		kind, name, _ := strings.Cut(provider, "/")
		forms := map[string]principalForm{"oidc-provider": oidcForm, "saml-provider": samlForm}
		form, known := forms[kind]
		return namedPrincipal{text: text, form: form, account: account, name: name},
			ok && account != "" && known && name != ""
	}, "acs:ram::ACCOUNT:saml-provider/NAME or acs:ram::ACCOUNT:oidc-provider/NAME"},
}
