package access

import (
	"context"
	"fmt"
)

const writeOnly = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Put*","Resource":"*"}]}`

// stage makes the scene of a client, and what is in it: a user with a key, a
// group, a role, a policy that allows and one that denies.
func stage(w *world, client int) *scene {
	w.t.Helper()
	p := &props{w: w, name: fmt.Sprint("client-", client)}
	_, p.key = w.user(acc1, p.name)
	for suffix, document := range map[string]string{"allow": readDocument, "deny": denyDocument} {
		_, err := w.CreatePolicy(w.ctx(), Policy{AccountID: acc1, Name: p.name + suffix, Document: document})
		w.must(err)
	}
	_, err := w.CreateGroup(w.ctx(), Group{AccountID: acc1, Name: p.name})
	w.must(err)
	plot := plots[client%len(plots)]
	s := &scene{w: w, name: plot.name, credential: func(ctx context.Context, d *Directory) (*Credential, error) { return d.Credential(ctx, p.key.ID, "") }}
	if plot.session {
		s.credential = p.session()
	}
	s.held, err = s.credential(w.ctx(), w.Directory)
	w.must(err)
	var begin []step
	begin, s.steps = plot.steps(p)
	for _, step := range begin {
		w.must(step.change(w.ctx()))
	}
	return s
}

// plots are the changes of scenes: what is done at first, and what is then
// repeated. The last ones never allow, unless two changes are mixed up.
var plots = []struct {
	name    string
	session bool
	steps   func(*props) (begin, repeated []step)
}{
	{"policy of a user", false, func(p *props) (begin, repeated []step) {
		return nil, []step{p.attach("allow", UserEntity).allows(), p.detach("allow", UserEntity)}
	}},
	{"policy of a group", false, func(p *props) (begin, repeated []step) {
		return []step{p.join()}, []step{p.attach("allow", GroupEntity).allows(), p.detach("allow", GroupEntity)}
	}},
	{"member of a group", false, func(p *props) (begin, repeated []step) {
		return []step{p.attach("allow", GroupEntity)}, []step{p.join().allows(), p.leave()}
	}},
	{"version of a policy", false, func(p *props) (begin, repeated []step) {
		return []step{p.attach("allow", UserEntity), p.newVersion("allow", writeOnly)},
			[]step{p.version("allow", "v1").allows(), p.version("allow", "v2")}
	}},
	{"key", false, func(p *props) (begin, repeated []step) {
		return []step{p.attach("allow", UserEntity), p.active(false)}, []step{p.active(true).allows(), p.active(false)}
	}},
	{"a Deny", false, func(p *props) (begin, repeated []step) {
		return []step{p.attach("allow", UserEntity), p.attach("deny", UserEntity)},
			[]step{p.detach("deny", UserEntity).allows(), p.attach("deny", UserEntity)}
	}},
	{"policy of a role", true, func(p *props) (begin, repeated []step) {
		return nil, []step{p.attach("allow", RoleEntity).allows(), p.detach("allow", RoleEntity)}
	}},
	{"either the key or the policy", false, func(p *props) (begin, repeated []step) {
		return []step{p.active(false)},
			[]step{p.active(true), p.active(false), p.attach("allow", UserEntity), p.detach("allow", UserEntity)}
	}},
	{"either in the group or a policy of the group", false, func(p *props) (begin, repeated []step) {
		return nil, []step{p.join(), p.leave(), p.attach("allow", GroupEntity), p.detach("allow", GroupEntity)}
	}},
	{"not without a Deny", false, func(p *props) (begin, repeated []step) {
		return []step{p.attach("allow", GroupEntity)}, []step{p.attach("deny", UserEntity), p.join(), p.leave(), p.detach("deny", UserEntity)}
	}},
}

// props are what a scene's changes are made to.
type props struct {
	w    *world
	name string
	key  AccessKey
}

func (s step) allows() step { return step{s.change, true} }

func (p *props) attach(which string, t EntityType) step {
	return step{change: func(ctx context.Context) error {
		return p.w.Attach(ctx, acc1, CustomPolicy, p.name+which, t, p.name)
	}}
}

func (p *props) detach(which string, t EntityType) step {
	return step{change: func(ctx context.Context) error {
		return p.w.Detach(ctx, acc1, CustomPolicy, p.name+which, t, p.name)
	}}
}

func (p *props) join() step {
	return step{change: func(ctx context.Context) error { return p.w.AddUserToGroup(ctx, acc1, p.name, p.name) }}
}

func (p *props) leave() step {
	return step{change: func(ctx context.Context) error { return p.w.RemoveUserFromGroup(ctx, acc1, p.name, p.name) }}
}

func (p *props) active(active bool) step {
	return step{change: func(ctx context.Context) error {
		return p.w.SetAccessKeyActive(ctx, acc1, p.name, p.key.ID, active)
	}}
}

func (p *props) newVersion(which, document string) step {
	return step{change: func(ctx context.Context) error {
		_, err := p.w.CreatePolicyVersion(ctx, acc1, p.name+which, NewPolicyVersion{Document: document, Default: true})
		return err
	}}
}

func (p *props) version(which, id string) step {
	return step{change: func(ctx context.Context) error {
		return p.w.SetDefaultPolicyVersion(ctx, acc1, p.name+which, id)
	}}
}

// session makes a role and begins a session of it.
func (p *props) session() func(context.Context, *Directory) (*Credential, error) {
	p.w.allow(acc1, UserEntity, p.name, allowAssume)
	role := p.w.role(acc1, p.name, trusting("acs:ram::"+acc1+":root"))
	s := p.w.assume(p.w.credential(p.key.ID, ""), role)
	return func(ctx context.Context, d *Directory) (*Credential, error) {
		return d.Credential(ctx, s.AccessKeyID, s.SecurityToken)
	}
}
