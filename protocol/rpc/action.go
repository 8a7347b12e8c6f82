package rpc

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"ossd/access"
	"ossd/access/policy"
)

// Product is a family of actions under one version.
type Product struct {
	Name    string // "Ram"; lower-cased it is the service in "ram:CreateUser"
	Version string // "2015-05-01"

	// Service is that of the permissions, "" for the name in lower case.
	Service string

	// Refuse chooses code, status and message for what an action returned and
	// is no *Error yet. It must answer every error, an unknown one with
	// status 500 and itself as Err.
	Refuse func(error) *Error

	// Spell gives a resource the spelling of the entity that it names. Names
	// are found regardless of case but policies match with it, so a Deny on
	// user/alice must also stop whoever writes ALICE. Nil: nothing to do.
	Spell func(ctx context.Context, c *Call, resource string) (string, error)
}

// Call is one proved request, as an action sees it. Caller is nil if nobody
// signed it, which only anonymous actions ever see.
type Call struct {
	Directory *access.Directory
	Caller    *access.Credential
	Context   policy.Context // values of condition keys

	// Vouched is for an anonymous action: whom it found the caller to be, for the audit.
	Vouched policy.Principal
}

// Account is the account that the caller belongs to: RAM looks at no other.
func (c *Call) Account() string { return c.Caller.Principal.AccountID }

// UserName is the caller's name if it is a user, else empty.
func (c *Call) UserName() string { return c.Caller.Principal.UserName }

// ByAccount tells whether the caller uses the account's own key.
func (c *Call) ByAccount() bool { return c.Caller.Principal.Type == policy.Account }

// Spec declares an action. Req and Resp are structs as Parameter describes them.
type Spec[Req, Resp any] struct {
	Product *Product
	Name    string

	// Resources names what the action touches: for the audit, and for the
	// question whether the caller may do PRODUCT:NAME on every one of them.
	// It must be pure: documentation calls it without a Directory.
	Resources func(c *Call, in *Req) []string

	// Conditions gives policies values of further keys, on top of those of
	// Call.Context. Nil: there are none.
	Conditions func(ctx context.Context, c *Call, in *Req) (policy.Context, error)

	// Unguarded leaves that question out: the action needs no permission, or
	// the Directory itself decides. It is spelled out so that a guard cannot
	// be forgotten.
	Unguarded bool

	// Anonymous takes requests that nobody signed: the action proves by itself
	// who is asking. One that is signed must be signed well all the same.
	Anonymous bool

	// Do runs when all else is settled. A nil answer is one without fields.
	Do func(ctx context.Context, c *Call, in *Req) (*Resp, error)
}

// None is the answer of actions that tell nothing.
type None struct{}

// Action is a declared action, ready for the table.
type Action struct {
	Product    *Product
	Name       string
	Parameters []Parameter
	Unguarded  bool
	Anonymous  bool

	bind   func(url.Values) (bound, error)
	sample func(*Call) []string
}

// bound is an action together with its decoded parameters.
type bound struct {
	resources  func(*Call) []string
	conditions func(context.Context, *Call) (policy.Context, error)
	do         func(context.Context, *Call) (any, error)
}

// Define turns a declaration into an entry of the table. It panics on an
// incomplete one, which is a mistake of the program.
func Define[Req, Resp any](s Spec[Req, Resp]) Action {
	if s.Product == nil || s.Name == "" || s.Resources == nil || s.Do == nil {
		panic(fmt.Sprintf("rpc: incomplete declaration of action %q", s.Name))
	}
	if s.Anonymous && !s.Unguarded {
		panic(fmt.Sprintf("rpc: nobody could be asked whether a caller may do %q", s.Name))
	}
	d := newDecoder[Req]()
	return Action{
		Product:    s.Product,
		Name:       s.Name,
		Parameters: d.parameters(),
		Unguarded:  s.Unguarded,
		Anonymous:  s.Anonymous,
		bind: func(params url.Values) (bound, error) {
			in := new(Req)
			if err := d.decode(params, in); err != nil {
				return bound{}, err
			}
			return bound{
				resources: func(c *Call) []string { return s.Resources(c, in) },
				conditions: func(ctx context.Context, c *Call) (policy.Context, error) {
					if s.Conditions == nil {
						return c.Context, nil
					}
					return s.Conditions(ctx, c, in)
				},
				do: func(ctx context.Context, c *Call) (any, error) {
					out, err := s.Do(ctx, c, in)
					if err != nil || out == nil {
						return nil, err
					}
					return out, nil
				},
			}, nil
		},
		sample: func(c *Call) []string {
			in := new(Req)
			d.name(in)
			return s.Resources(c, in)
		},
	}
}

// Permission is the action that RAM is asked about, such as "ram:CreateUser".
func (a Action) Permission() string {
	if a.Product.Service != "" {
		return a.Product.Service + ":" + a.Name
	}
	return strings.ToLower(a.Product.Name) + ":" + a.Name
}

// Resources shows for documentation what a caller of this principal would touch:
// every parameter has its own name in braces for a value.
func (a Action) Resources(p policy.Principal) []string {
	return a.sample(&Call{Caller: &access.Credential{Principal: p}})
}

// spell corrects the resources in place.
func (a Action) spell(ctx context.Context, c *Call, resources []string) (err error) {
	if a.Product.Spell == nil {
		return nil
	}
	for i := range resources {
		if resources[i], err = a.Product.Spell(ctx, c, resources[i]); err != nil {
			return err
		}
	}
	return nil
}

// table finds an action by version and name.
type table map[string]map[string]Action

func newTable(actions []Action) table {
	t := table{}
	for _, a := range actions {
		v := a.Product.Version
		if t[v] == nil {
			t[v] = map[string]Action{}
		}
		if _, dup := t[v][a.Name]; dup {
			panic(fmt.Sprintf("rpc: action %s of %s is declared twice", a.Name, v))
		}
		t[v][a.Name] = a
	}
	return t
}

func (t table) find(params url.Values) (Action, error) {
	name, version := params.Get("Action"), params.Get("Version")
	if name == "" {
		return Action{}, Missing("Action")
	}
	if version == "" {
		return Action{}, Missing("Version")
	}
	actions, ok := t[version]
	if !ok {
		return Action{}, errVersion
	}
	a, ok := actions[name]
	if !ok {
		return Action{}, errActionNotFound
	}
	return a, nil
}
