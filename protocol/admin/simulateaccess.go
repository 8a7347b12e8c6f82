package admin

import (
	"context"
	"strings"

	"ossd/protocol/rpc"
)

// Simulated is a question about somebody of the asker's account.
type Simulated struct {
	Principal string // "anonymous", "root", a user's name, "role/NAME", or an ARN
	Action    string // "oss:GetObject"
	Resource  string // ARN, or oss://BUCKET/KEY
	Context   map[string]string
}

// Simulation is how it would be decided. Names are those of the wire.
type Simulation struct {
	Principal  string // ARN, or "anonymous"
	Decision   string // "allow" or "deny"
	Reason     string // in a sentence, with the statements
	Statements []string
	Changes    []string // what would make it allowed, where no statement denies it
}

// Simulate answers a question. What it refuses is an *rpc.Error.
type Simulate func(ctx context.Context, account string, q Simulated) (*Simulation, error)

type simulateAccessRequest struct {
	Principal string `param:",required"`
	Action    string `param:"AskedAction,required"` // Action itself names the call
	Resource  string `param:",required"`
	Context   string // lines KEY=VALUE: condition keys and their values
}

// simulateAccess tells whether somebody may do something, and why. Whoever may
// ask learns what the account's policies say: ossd:SimulateAccess is for administrators.
func simulateAccess(simulate Simulate) rpc.Action {
	return rpc.Define(rpc.Spec[simulateAccessRequest, Simulation]{
		Product:   product,
		Name:      "SimulateAccess",
		Resources: func(c *rpc.Call, _ *simulateAccessRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, in *simulateAccessRequest) (*Simulation, error) {
			values, ok := parseContext(in.Context)
			switch {
			case !ok:
				return nil, rpc.InvalidParameter("Context")
			case !strings.Contains(in.Action, ":") || strings.ContainsAny(in.Action, "*? "):
				return nil, rpc.InvalidParameter("AskedAction")
			case !strings.HasPrefix(in.Resource, "acs:") && !strings.HasPrefix(in.Resource, "oss://"):
				return nil, rpc.InvalidParameter("Resource")
			}
			return simulate(ctx, c.Account(), Simulated{Principal: in.Principal, Action: in.Action, Resource: in.Resource, Context: values})
		},
	})
}

// parseContext reads lines KEY=VALUE.
func parseContext(text string) (map[string]string, bool) {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || key == "" {
			return nil, false
		}
		values[key] = value
	}
	return values, true
}
