package admin

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"ossd/protocol/rpc"
	"ossd/protocol/signature/diagnose"
)

// explainRequestRequest is either a whole request, or a URL and how it is used.
type explainRequestRequest struct {
	Request string // the saved head of an HTTP request
	URL     string `param:"Url"`
	Method  string // of the Url; default GET
	Header  string // sent with the Url: lines "Name: value"

	SourceIP string `param:"SourceIp"` // address that the request comes from; default: the asker's
	Secure   bool   // the Request came by TLS
}

// explainRequest answers with a diagnose.Report. It tells of keys of the caller's
// own account only; who may ask is the question of ossd:ExplainRequest.
func explainRequest(explain Explain) rpc.Action {
	return rpc.Define(rpc.Spec[explainRequestRequest, diagnose.Report]{
		Product:   product,
		Name:      "ExplainRequest",
		Resources: func(c *rpc.Call, _ *explainRequestRequest) []string { return everything(c) },
		Do: func(ctx context.Context, c *rpc.Call, in *explainRequestRequest) (*diagnose.Report, error) {
			r, err := in.request()
			if err != nil {
				return nil, err
			}
			address := in.SourceIP
			if address == "" {
				address, _ = c.Context.Value("acs:sourceip")
			} else if _, err := netip.ParseAddr(address); err != nil {
				return nil, rpc.InvalidParameter("SourceIp")
			}
			r.RemoteAddr = net.JoinHostPort(address, "0")
			return explain(ctx, c.Account(), r)
		},
	})
}

// request is what is to be explained.
func (in *explainRequestRequest) request() (*http.Request, error) {
	if (in.Request == "") == (in.URL == "") {
		return nil, rpc.Missing("Url")
	}
	if in.Request != "" {
		r, err := diagnose.ReadRequest([]byte(in.Request))
		if err != nil {
			return nil, rpc.InvalidParameter("Request")
		}
		if in.Secure {
			r.TLS = new(tls.ConnectionState)
		}
		return r, nil
	}
	r, err := diagnose.NewRequest(in.Method, in.URL, in.Header)
	if err != nil {
		return nil, rpc.InvalidParameter("Url")
	}
	if strings.HasPrefix(in.URL, "https:") {
		r.TLS = new(tls.ConnectionState)
	}
	return r, nil
}
