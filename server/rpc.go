package server

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"ossd/audit"
	"ossd/protocol/admin"
	"ossd/protocol/ims"
	"ossd/protocol/oss"
	"ossd/protocol/ram"
	"ossd/protocol/rpc"
	"ossd/protocol/signature/diagnose"
	"ossd/protocol/sts"
)

// newRPC serves STS, RAM and ossd's own actions, which ask api.
func newRPC(s *Server, api *oss.Handler, records audit.Sink) http.Handler {
	return rpc.Handler(rpc.Config{
		Directory: s.directory,
		Actions: slices.Concat(sts.Actions(s.tokens), ram.Actions(), ims.Actions(), admin.Actions(admin.Config{
			Explain: s.explain(api), Simulate: simulate(api), Apply: s.declare, Operator: func() string { return s.Account.ID },
		})),
		Now:   s.Now,
		Since: s.since(),
		Audit: func(o rpc.Outcome) {
			if o.Err != nil {
				level := slog.LevelError
				if o.Status < http.StatusInternalServerError { // an identity provider's fault, not ours
					level = slog.LevelWarn
				}
				s.Log.Log(context.Background(), level, "request failed", "request", o.RequestID, "action", o.Action, "error", o.Err)
			}
			records.Record(rpcRecord(o))
		},
	})
}

// explain puts a request into the shape in which api would get it.
func (s *Server) explain(api *oss.Handler) admin.Explain {
	return func(ctx context.Context, account string, r *http.Request) (*diagnose.Report, error) {
		s.forwarded.Restore(r)
		return api.Explain(ctx, account, r)
	}
}

func rpcRecord(o rpc.Outcome) audit.Record {
	r := audit.Record{
		Time: o.Time, Duration: o.Duration, RequestID: o.RequestID, API: "rpc",
		Principal: o.Principal.ARN(), SourceIdentity: o.Principal.SourceIdentity, Subject: o.Principal.Subject, AccessKeyID: o.AccessKeyID, Scheme: string(o.Scheme), Resource: o.Resource,
		Status: o.Status, Code: o.Code, SourceIP: o.SourceIP, UserAgent: o.UserAgent,
		TLS: o.TLS, BytesIn: o.BytesIn, BytesOut: o.BytesOut,
	}
	if o.Product != "" { // otherwise the action is whatever somebody sent
		r.API, r.Operation = strings.ToLower(o.Product), o.Action
	}
	r.Decide(o.Decision)
	if o.Err != nil {
		r.Err = o.Err.Error()
	}
	return r
}

// since is the start of the process, where that is what nonces are remembered from;
// where they are kept in the rows, it refuses nothing.
func (s *Server) since() time.Time {
	if s.directory.SharesRows() {
		return time.Time{}
	}
	return s.Now().Truncate(time.Second) // timestamps have whole seconds
}
