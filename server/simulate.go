package server

import (
	"context"
	"errors"
	"net/http"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/admin"
	"ossd/protocol/oss"
	"ossd/protocol/rpc"
)

// simulate puts the question to api, which knows buckets and objects, and words the answer.
func simulate(api *oss.Handler) admin.Simulate {
	return func(ctx context.Context, account string, q admin.Simulated) (*admin.Simulation, error) {
		values := given{}
		for key, value := range q.Context {
			values[policy.ConditionKey(key)] = value
		}
		s, err := api.Simulate(ctx, account, oss.Simulated{Principal: q.Principal, Action: q.Action, Resource: q.Resource, Context: values})
		var refused *access.Error
		switch {
		case errors.Is(err, oss.ErrNotYours):
			return nil, &rpc.Error{Code: "NoPermission", Message: "The bucket belongs to another account.", Status: http.StatusForbidden}
		case errors.As(err, &refused) && refused.Kind == access.NotExist:
			return nil, &rpc.Error{Code: "EntityNotExist." + refused.Entity, Message: "There is no such " + refused.Entity + " as " + q.Principal + ".", Status: http.StatusNotFound}
		case errors.As(err, &refused):
			return nil, rpc.InvalidParameter("Principal")
		case err != nil:
			return nil, err
		}
		return wordSimulation(s), nil
	}
}

// given is a Context of the values that the asker gave.
type given map[string]string

func (g given) Value(key string) (string, bool) { v, ok := g[key]; return v, ok }

func wordSimulation(s access.Simulation) *admin.Simulation {
	out := &admin.Simulation{
		Principal: s.Principal, Decision: "deny", Reason: s.Decision.Explain(), Statements: append([]string{}, s.Decision.Statements()...), Changes: []string{},
	}
	if s.Decision.Allowed {
		out.Decision = "allow"
	}
	for _, n := range s.Near {
		out.Changes = append(out.Changes, n.String())
	}
	return out
}
