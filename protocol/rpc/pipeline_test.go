package rpc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"ossd/protocol/rpc"
	"ossd/protocol/rpc/rpctest"
)

// A product of three actions, which is all that the pipeline needs to know.
var product = &rpc.Product{Name: "Test", Version: "2026-01-01", Refuse: func(err error) *rpc.Error {
	return &rpc.Error{Code: "InternalError", Message: "Sorry.", Status: http.StatusInternalServerError, Err: err}
}}

type echoRequest struct {
	Text string `param:",required"`
	Loud bool
}

type echoResponse struct{ Text string }

var errBroken = errors.New("the disk at /secret/path is broken")

var actions = []rpc.Action{
	rpc.Define(rpc.Spec[echoRequest, echoResponse]{
		Product:   product,
		Name:      "Echo",
		Resources: func(c *rpc.Call, in *echoRequest) []string { return nil },
		Unguarded: true,
		Do: func(_ context.Context, _ *rpc.Call, in *echoRequest) (*echoResponse, error) {
			return &echoResponse{in.Text}, nil
		},
	}),
	rpc.Define(rpc.Spec[echoRequest, echoResponse]{
		Product: product,
		Name:    "GuardedEcho",
		Resources: func(c *rpc.Call, in *echoRequest) []string {
			return []string{"acs:test:*:" + c.Account() + ":text/" + in.Text, "acs:test:*:" + c.Account() + ":mouth"}
		},
		Do: func(_ context.Context, _ *rpc.Call, in *echoRequest) (*echoResponse, error) {
			return &echoResponse{in.Text}, nil
		},
	}),
	rpc.Define(rpc.Spec[rpc.None, rpc.None]{
		Product:   product,
		Name:      "Break",
		Resources: func(*rpc.Call, *rpc.None) []string { return nil },
		Unguarded: true,
		Do: func(context.Context, *rpc.Call, *rpc.None) (*rpc.None, error) {
			return nil, errBroken
		},
	}),
}

const version = "2026-01-01"

func echo(w *rpctest.World, method string, pairs ...string) url.Values {
	return w.Signed(method, w.Root, append([]string{"Version", version, "Action", "Echo", "Text", "hi"}, pairs...)...)
}

func TestDefineRefusesMistakes(t *testing.T) {
	for name, mistake := range map[string]func(){
		"no resources": func() {
			rpc.Define(rpc.Spec[rpc.None, rpc.None]{Product: product, Name: "X", Do: func(context.Context, *rpc.Call, *rpc.None) (*rpc.None, error) { return nil, nil }})
		},
		"unusable parameter": func() {
			rpc.Define(rpc.Spec[struct{ F float64 }, rpc.None]{
				Product: product, Name: "X",
				Resources: func(*rpc.Call, *struct{ F float64 }) []string { return nil },
				Do:        func(context.Context, *rpc.Call, *struct{ F float64 }) (*rpc.None, error) { return nil, nil },
			})
		},
		"twice": func() { rpc.Handler(rpc.Config{Actions: append(actions, actions[0])}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			mistake()
		})
	}
}

func BenchmarkEcho(b *testing.B) {
	w := rpctest.New(b, actions...)
	requests := make([]string, b.N)
	for i := range requests {
		requests[i] = "/?" + echo(w, http.MethodGet).Encode()
	}
	b.ResetTimer()
	b.ReportAllocs()
	for _, target := range requests {
		w.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
}
