// Package rpctest serves RPC actions inside a test: a directory on rows in
// memory, an account, a clock that tests turn, and requests signed as SDKs sign
// them. It knows no action.
package rpctest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/engine/meta/memory"
	"ossd/protocol/rpc"
	"ossd/protocol/signature"
)

// Account is the id of the account that every World begins with.
const Account = "1234567890123456"

// RequestID is that of every answer.
const RequestID = "04F0F334-1335-436C-A1D7-6C044FE73368"

// A World is a directory and the handler in front of it.
type World struct {
	Directory *access.Directory
	Handler   http.Handler
	Root      signature.Credentials // the account's own key

	t      testing.TB
	mu     sync.Mutex
	audit  []rpc.Outcome
	clock  atomic.Int64 // nanoseconds
	nonces atomic.Int64
}

// Now is what the World's clock shows.
func (w *World) Now() time.Time { return time.Unix(0, w.clock.Load()).UTC() }

// SetClock turns the clock to an instant.
func (w *World) SetClock(t time.Time) { w.clock.Store(t.UnixNano()) }

// Advance turns the clock.
func (w *World) Advance(d time.Duration) { w.clock.Add(int64(d)) }

// New opens a World at noon of a day in 2026.
func New(t testing.TB, actions ...rpc.Action) *World {
	t.Helper()
	return NewWith(t, nil, actions...)
}

// NewWith opens a World whose directory is configured otherwise.
func NewWith(t testing.TB, configure func(*access.Config), actions ...rpc.Action) *World {
	t.Helper()
	w := &World{t: t, Root: signature.Credentials{AccessKeyID: "LTAIrootrootrootrootroot", Secret: "rootSecret0123456789"}}
	w.clock.Store(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).UnixNano())
	rows := memory.New()
	t.Cleanup(func() { rows.Close() })
	config := access.Config{Rows: rows, MasterKey: make([]byte, 32), Now: w.Now}
	if configure != nil {
		configure(&config)
	}
	d, err := access.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	_, _, err = d.CreateAccount(t.Context(), access.Account{ID: Account},
		&access.AccessKey{ID: w.Root.AccessKeyID, Secret: w.Root.Secret})
	if err != nil {
		t.Fatal(err)
	}
	w.Directory = d
	w.Handler = rpc.Handler(rpc.Config{
		Directory: d,
		Actions:   actions,
		Now:       w.Now,
		RequestID: func() string { return RequestID },
		Audit: func(o rpc.Outcome) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.audit = append(w.audit, o)
		},
	})
	return w
}

// Outcome is what the audit learned about the last request.
func (w *World) Outcome() rpc.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.audit[len(w.audit)-1]
}

// User makes a user with a key, and attaches one policy per document.
func (w *World) User(name string, documents ...string) signature.Credentials {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.Directory.CreateUser(ctx, access.User{AccountID: Account, Name: name}); err != nil {
		w.t.Fatal(err)
	}
	w.Attach(access.UserEntity, name, documents...)
	key, err := w.Directory.CreateAccessKey(ctx, Account, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return signature.Credentials{AccessKeyID: key.ID, Secret: key.Secret}
}

// Role makes a role that trusts the account, and attaches one policy per document.
func (w *World) Role(name string, documents ...string) access.Role {
	w.t.Helper()
	role, err := w.Directory.CreateRole(w.t.Context(), access.Role{AccountID: Account, Name: name, TrustPolicy: Trust("")})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Attach(access.RoleEntity, name, documents...)
	return role
}

// Attach makes a policy of every document and attaches it.
func (w *World) Attach(entity access.EntityType, name string, documents ...string) {
	w.t.Helper()
	for i, document := range documents {
		policyName := fmt.Sprintf("%s-%s-%d", entity, name, i)
		if _, err := w.Directory.CreatePolicy(w.t.Context(), access.Policy{AccountID: Account, Name: policyName, Document: document}); err != nil {
			w.t.Fatal(err)
		}
		if err := w.Directory.Attach(w.t.Context(), Account, "Custom", policyName, entity, name); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Allow is a policy document with one statement.
func Allow(action, resource string) string { return document("Allow", action, resource) }

// Deny is a policy document with one statement.
func Deny(action, resource string) string { return document("Deny", action, resource) }

func document(effect, action, resource string) string {
	return fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":%q,"Action":%q,"Resource":%q}]}`, effect, action, resource)
}

// Trust is a trust policy for the account; condition, if not empty, is the
// value of its Condition.
func Trust(condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` +
		`"Principal":{"RAM":["acs:ram::` + Account + `:root"]}` + condition + `}]}`
}

// Signed returns parameters, given as name and value in turn, with a signature
// for the method.
func (w *World) Signed(method string, cred signature.Credentials, pairs ...string) url.Values {
	params := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	signature.SignRPC(method, params, cred, w.Now(), fmt.Sprintf("nonce-%d", w.nonces.Add(1)))
	return params
}

// ACS3 is a request for an action, signed in the third version of the RPC style:
// query is the query string, form the body.
func (w *World) ACS3(cred signature.Credentials, version, action, query, form string) *http.Request {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/?"+query, strings.NewReader(form))
	r.Header.Set("X-Acs-Action", action)
	r.Header.Set("X-Acs-Version", version)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	signed, err := signature.NewRequest(r.Method, r.Host, r.RequestURI, r.Header)
	if err != nil {
		w.t.Fatal(err)
	}
	signature.SignACS3(signed, []byte(form), cred, w.Now(), fmt.Sprintf("nonce-%d", w.nonces.Add(1)))
	return r
}

// Response is an answer as it went over the wire.
type Response struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// Serve sends any request.
func (w *World) Serve(r *http.Request) Response {
	rec := httptest.NewRecorder()
	w.Handler.ServeHTTP(rec, r)
	return Response{rec, w.t}
}

// Do calls an action with everything in a form.
func (w *World) Do(cred signature.Credentials, version, action string, pairs ...string) Response {
	pairs = append([]string{"Version", version, "Action", action}, pairs...)
	return w.Post("/", w.Signed(http.MethodPost, cred, pairs...))
}

// Post sends params as a form.
func (w *World) Post(target string, params url.Values) Response {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(params.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.Serve(r)
}

// Get sends params in the query.
func (w *World) Get(params url.Values) Response {
	return w.Serve(httptest.NewRequest(http.MethodGet, "/?"+params.Encode(), nil))
}

// OK demands success and reads the JSON body into a value, if it is not nil.
func (r Response) OK(into any) Response {
	r.t.Helper()
	if r.Code != http.StatusOK {
		r.t.Fatalf("status %d: %s", r.Code, r.Body)
	}
	if into != nil {
		if err := json.Unmarshal(r.Body.Bytes(), into); err != nil {
			r.t.Fatalf("body %s: %v", r.Body, err)
		}
	}
	return r
}

// Refused demands a refusal in JSON with this status, code and message.
func (r Response) Refused(status int, code, message string) Response {
	r.t.Helper()
	var e struct{ Code, Message, RequestID, HostID string }
	if err := json.Unmarshal(r.Body.Bytes(), &e); err != nil {
		r.t.Fatalf("status %d, body %s: %v", r.Code, r.Body, err)
	}
	if r.Code != status || e.Code != code || e.Message != message {
		r.t.Errorf("refused with %d %s %q, want %d %s %q", r.Code, e.Code, e.Message, status, code, message)
	}
	if e.RequestID != RequestID || e.HostID == "" || r.Header().Get("x-acs-request-id") != RequestID {
		r.t.Errorf("incomplete refusal: %s", r.Body)
	}
	return r
}

// Alice is a user for whom documentation is written.
var Alice = policy.Principal{Type: policy.User, AccountID: Account, UserID: "216959339000654321", UserName: "alice"}

// Assume begins a session of a role, of an hour.
func (w *World) Assume(caller signature.Credentials, role access.Role, session string) signature.Credentials {
	w.t.Helper()
	c, err := w.Directory.Credential(w.t.Context(), caller.AccessKeyID, caller.SecurityToken)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := w.Directory.AssumeRole(w.t.Context(), c, access.AssumeRole{RoleARN: role.ARN(), SessionName: session})
	if err != nil {
		w.t.Fatal(err)
	}
	return signature.Credentials{AccessKeyID: s.AccessKeyID, Secret: s.AccessKeySecret, SecurityToken: s.SecurityToken}
}
