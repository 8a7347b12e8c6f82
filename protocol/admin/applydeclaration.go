package admin

import (
	"context"

	"ossd/access"
	"ossd/protocol/rpc"
)

// Apply brings identities and buckets to what a declaration says, or tells what
// that would change. It fails with an *rpc.Error where the declaration is wrong.
type Apply func(ctx context.Context, declared access.Declaration, dryRun bool) ([]access.Change, error)

type applyDeclarationRequest struct {
	Declaration string `param:",required"` // YAML or JSON, as `ossd serve --bootstrap` reads it
	DryRun      bool
}

type applyDeclarationResponse struct {
	DryRun  bool
	Changes []change
}

type change struct {
	Action  string // "created", "updated" or "unchanged"
	Entity  string // "user", "role", "attachment" …
	Account string
	Name    string
}

// applyDeclaration needs, beside its own permission, those of all that a
// declaration amounts to. Other accounts than the caller's are for
// the operator's to declare.
func applyDeclaration(apply Apply, operator func() string) rpc.Action {
	return rpc.Define(rpc.Spec[applyDeclarationRequest, applyDeclarationResponse]{
		Product:   product,
		Name:      "ApplyDeclaration",
		Resources: func(c *rpc.Call, _ *applyDeclarationRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, in *applyDeclarationRequest) (*applyDeclarationResponse, error) {
			declared, err := access.ParseDeclaration([]byte(in.Declaration))
			if err != nil {
				return nil, MalformedDeclaration(err)
			}
			for _, a := range declared.Accounts {
				if a.ID != c.Account() && c.Account() != operator() {
					return nil, forOperator()
				}
			}
			if err := permitDeclared(ctx, c, declared); err != nil {
				return nil, err
			}
			changes, err := apply(ctx, declared, in.DryRun)
			if err != nil {
				return nil, err
			}
			out := &applyDeclarationResponse{DryRun: in.DryRun, Changes: []change{}}
			for _, one := range changes {
				out.Changes = append(out.Changes, change{string(one.Action), one.Entity, one.Account, one.Name})
			}
			return out, nil
		},
	})
}
