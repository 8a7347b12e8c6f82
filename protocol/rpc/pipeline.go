package rpc

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/internal/forwarded"
	"ossd/protocol/signature"
)

type handler struct {
	Config
	table  table
	nonces *nonces
}

// ServeHTTP answers one request and tells the audit.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r, format: guessFormat(r), directory: h.Directory, Outcome: Outcome{
		Time:      h.Now(),
		RequestID: h.RequestID(),
		UserAgent: clip(r.UserAgent()),
		TLS:       r.TLS != nil,
	}}
	if client := forwarded.Client(r); client.IsValid() {
		x.SourceIP = client.String()
	}
	defer func() { // also if the action panics
		x.Duration = h.Now().Sub(x.Time)
		h.Audit(x.Outcome)
	}()
	answer, err := h.serve(x)
	x.reply(answer, err)
}

// conditions are the condition keys of the request, for policies.
func (x *exchange) conditions(now time.Time) policy.Context {
	return policy.CommonKeys{
		SourceIP: x.SourceIP, SecureTransport: x.TLS, Now: now, UserAgent: x.r.UserAgent(), AccessKeyID: x.AccessKeyID,
		SourceIdentity: x.Principal.SourceIdentity,
	}
}

// serve is the pipeline: the phases that no action can forget or reorder.
func (h *handler) serve(x *exchange) (any, error) {
	ctx := x.r.Context()
	in, err := readInput(x.w, x.r)
	if err != nil {
		return nil, err
	}
	x.Scheme, x.BytesIn = in.scheme, int64(len(in.body))
	if x.format, err = in.format(); err != nil {
		return nil, err
	}
	x.Action = clip(in.params.Get("Action"))
	if x.action, err = h.table.find(in.params); err != nil {
		return nil, err
	}
	x.Product = x.action.Product.Name

	// Read the clock now: a body that trickles in must not stop it.
	now := h.Now()
	var caller *access.Credential
	if !x.action.Anonymous || in.signed() {
		if caller, err = h.authenticate(x, in, now); err != nil {
			return nil, err
		}
	} else {
		x.Scheme = "" // nobody signed
	}

	run, err := x.action.bind(in.params)
	if err != nil {
		return nil, err
	}
	call := &Call{Directory: h.Directory, Caller: caller, Context: x.conditions(now)}
	if err := h.authorize(x, call, run); err != nil {
		return nil, err
	}
	answer, err := run.do(ctx, call)
	if x.Principal.Type == policy.Anonymous {
		x.Principal = call.Vouched
	}
	if err != nil {
		return nil, x.action.refuse(err)
	}
	return answer, nil
}

// authenticate finds out who signed the request.
func (h *handler) authenticate(x *exchange, in *input, now time.Time) (*access.Credential, error) {
	claim, err := in.claim(x.r)
	if err != nil {
		return nil, err
	}
	x.AccessKeyID = clip(claim.AccessKeyID)
	if err := claim.CheckTime(now); err != nil {
		return nil, err
	}
	if claim.Timestamp.Before(h.Since) {
		return nil, errBeforeStart
	}
	caller, err := h.Directory.Credential(x.r.Context(), claim.AccessKeyID, claim.SecurityToken)
	if err != nil {
		return nil, credentialError(err)
	}
	if err := claim.Verify(caller.Secret); err != nil {
		return nil, err
	}
	x.Principal = caller.Principal
	// Not before the proof: a forged request must not burn a nonce.
	if err := h.nonces.use(quotasOf(caller.Principal), claim.AccessKeyID, claim.Nonce, now); err != nil {
		return nil, err
	}
	if err := h.useElsewhere(x.r.Context(), claim); err != nil {
		return nil, err
	}
	h.Directory.Used(caller, now)
	return caller, nil
}

// useElsewhere sees to it that a request works with no other process either.
func (h *handler) useElsewhere(ctx context.Context, claim *signature.RPCClaim) error {
	err := h.Directory.UseNonce(ctx, claim.Timestamp.Add(nonceRetention), newNonceID(claim.AccessKeyID, claim.Nonce))
	switch {
	case errors.Is(err, access.ErrNonceUsed):
		return errNonceUsed
	case err != nil:
		return internal(err)
	}
	return nil
}

// authorize asks whether the caller may do the action on each of the resources.
func (h *handler) authorize(x *exchange, call *Call, run bound) error {
	resources := run.resources(call)
	if err := x.action.spell(x.r.Context(), call, resources); err != nil {
		return internal(err)
	}
	x.Resource = clip(strings.Join(resources, " "))
	if x.action.Unguarded {
		return nil
	}
	about, err := run.conditions(x.r.Context(), call)
	if err != nil {
		return internal(err)
	}
	checks := make([]access.Check, len(resources))
	for i, resource := range resources {
		checks[i] = access.Check{
			Action:   x.action.Permission(),
			Resource: resource,
			Class:    policy.Management,
			Owner:    call.Account(),
			Context:  about,
		}
	}
	decision, err := h.Directory.Authorize(x.r.Context(), call.Caller, checks...)
	if err != nil {
		return credentialError(err)
	}
	x.Decision = &decision
	if !decision.Allowed {
		return Denied(decision)
	}
	return nil
}

// quotasOf are the shares of the nonce memory that a request uses. Users and
// roles have a quarter of their account's each, so that none of them can lock
// the others out; the account's own key, which can stop them, has one apart.
func quotasOf(p policy.Principal) []quota {
	switch p.Type {
	case policy.User:
		return []quota{{"user " + p.UserID, nonceShare / 4}, {"of " + p.AccountID, nonceShare}}
	case policy.RoleSession:
		return []quota{{"role " + p.RoleID, nonceShare / 4}, {"of " + p.AccountID, nonceShare}}
	}
	return []quota{{"account " + p.AccountID, nonceShare}}
}

// clip bounds what anybody can write into the audit.
func clip(s string) string { return s[:min(len(s), 1024)] }

// exchange is one request, its answer, and what was learned on the way.
type exchange struct {
	Outcome
	w      http.ResponseWriter
	r      *http.Request
	action Action
	format format

	directory *access.Directory
}
