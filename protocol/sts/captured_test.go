package sts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ossd/access"
	"ossd/protocol/ram"
	"ossd/protocol/rpc"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/sts"
)

// captured is a request as an official client sent it, with the key it used.
type captured struct {
	Request struct {
		Method, Target, Body string
		Headers              [][2]string
	}
	Expect struct {
		VerifyClock time.Time `json:"verify_clock"`
	}
}

func (c captured) request() *http.Request {
	r := httptest.NewRequest(c.Request.Method, c.Request.Target, strings.NewReader(c.Request.Body))
	for _, h := range c.Request.Headers {
		if h[0] == "Host" {
			r.Host = h[1]
		}
		r.Header.Set(h[0], h[1])
	}
	return r
}

// What official clients really send passes the whole pipeline. The key is an
// account's, so that AssumeRole is refused, but by STS and for that reason.
func TestCapturedRequests(t *testing.T) {
	const root = "NoPermission: Roles may not be assumed by root accounts."
	for name, want := range map[string]string{
		"rpc-01-python-core-assumerole-query":      root,
		"rpc-02-python-core-getcalleridentity-get": "",
		"rpc-03-python-core-common-mixed":          "InvalidParameter.RoleArn: The parameter RoleArn is wrongly formed.", // account "1"
		"rpc-04-python-core-ststoken":              "InvalidSecurityToken.Malformed: Specified SecurityToken is malformed.",
		"rpc-05-python-ram-createuser-utf8":        "",
		"rpc-06-go-sts20150401-assumerole":         root,
		"rpc-09-go-tearpc-createpolicy-form":       "",
		"rpc-10-go-alibabacloudsdk-assumerole":     root,
		"rpc-11-go-credentials-assumerole":         root,
		"rpc-14-cli-assumerole":                    root,
		"rpc-15-cli-listusers-xml":                 "",
		"rpc-16-cli-createrole-tag":                "MalformedPolicyDocument: ", // {"Version":"1"}
		"rpc-17-js-alioss-sts-body":                root,
		"rpc-20-js-popcore-assumerole-body":        "InvalidParameter.RoleArn: ",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "signature", "testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var c captured
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			w := rpctest.New(t, append(sts.Actions(nil), ram.Actions()...)...)
			w.SetClock(c.Expect.VerifyClock)
			_, _, err = w.Directory.CreateAccount(t.Context(), access.Account{ID: "1000000000000001"},
				&access.AccessKey{ID: "LTAItestAccessKeyId01", Secret: "testAccessKeySecret0123456789"})
			if err != nil {
				t.Fatal(err)
			}
			if !rpc.Recognizes(c.request()) {
				t.Error("not recognized as RPC")
			}
			r := w.Serve(c.request())
			if want == "" {
				if r.Code != http.StatusOK {
					t.Errorf("status %d: %s", r.Code, r.Body)
				}
				return
			}
			var e struct{ Code, Message string }
			if err := json.Unmarshal(r.Body.Bytes(), &e); err != nil || !strings.HasPrefix(e.Code+": "+e.Message, want) {
				t.Errorf("got %s\nwant %s", r.Body, want)
			}
		})
	}
}
