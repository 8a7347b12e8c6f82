package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"ossd/protocol/admin"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
	"ossd/protocol/signature/diagnose"
)

const version = "2026-11-24"

// An action's permission and parameters are what users write policies and programs for.
func TestActions(t *testing.T) {
	rpctest.Golden(t, "testdata/actions.golden", rpctest.List(admin.Actions(admin.Config{})))
}

// asked is what reached the explaining part.
type asked struct {
	account string
	request string
}

func world(t *testing.T, err error) (*rpctest.World, *[]asked) {
	var got []asked
	w := rpctest.New(t, admin.Actions(admin.Config{Explain: func(_ context.Context, account string, r *http.Request) (*diagnose.Report, error) {
		got = append(got, asked{account, fmt.Sprintf("%s %s %s %q from %s, TLS %t", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Oss-Meta-A"), r.RemoteAddr, r.TLS != nil)})
		return &diagnose.Report{
			Scheme: "v4-url", Method: r.Method, Bucket: "b", Signature: "wrong", Ends: time.Unix(1800000000, 0), EndsWith: "url",
			Causes:  []diagnose.Cause{{ID: "method", Sentence: "It was signed for PUT."}},
			Refusal: &diagnose.ReportRefusal{Code: "SignatureDoesNotMatch", Message: "No."},
		}, err
	}})...)
	return w, &got
}

// What is asked arrives as the request that it describes, for the asker's account.
func TestExplainRequest(t *testing.T) {
	const url = "http://b.example.com/a%2Fb//c?acl&x=%20#fragment"
	for name, c := range map[string]struct {
		params []string
		want   string
	}{
		"url":        {[]string{"Url", url}, `GET b.example.com /a%2Fb//c?acl&x=%20 "" from 192.0.2.1:0, TLS false`},
		"bare host":  {[]string{"Url", "https://example.com?acl"}, `GET example.com /?acl "" from 192.0.2.1:0, TLS true`},
		"everything": {[]string{"Url", url, "Method", "PUT", "Header", "x-oss-meta-a: b\nHost: c", "SourceIp", "2001:db8::1"}, `PUT c /a%2Fb//c?acl&x=%20 "b" from [2001:db8::1]:0, TLS false`},
		"saved":      {[]string{"Request", "DELETE /k HTTP/1.1\nHost: h\nX-Oss-Meta-A: b\n\nbody", "Secure", "true"}, `DELETE h /k "b" from 192.0.2.1:0, TLS true`},
		"of a proxy": {[]string{"Request", "GET http://h/k HTTP/1.1\r\nHost: h\r\n\r\n"}, `GET h http://h/k "" from 192.0.2.1:0, TLS false`},
		"curl":       {[]string{"Request", "* trying\n> PUT /k HTTP/2\n> Host: h\n>\n< HTTP/2 200\n"}, `PUT h /k "" from 192.0.2.1:0, TLS false`},
	} {
		w, got := world(t, nil)
		var answer struct {
			Scheme, Ends string
			Causes       []struct{ Id, Sentence string }
			Refusal      struct{ Code string }
		}
		w.Do(w.Root, version, "ExplainRequest", c.params...).OK(&answer)
		if len(*got) != 1 || (*got)[0] != (asked{rpctest.Account, c.want}) {
			t.Errorf("%s:\n got %q\nwant %q", name, *got, c.want)
		}
		if answer.Scheme != "v4-url" || answer.Ends != "2027-01-15T08:00:00Z" || len(answer.Causes) != 1 || answer.Causes[0].Id != "method" || answer.Refusal.Code != "SignatureDoesNotMatch" {
			t.Errorf("%s: answered %+v", name, answer)
		}
	}
}

// Users need a policy, and one for the account.
func TestPermission(t *testing.T) {
	const url = "http://h/k"
	w, got := world(t, nil)
	w.Do(w.User("alice"), version, "ExplainRequest", "Url", url).
		Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
	w.Do(w.User("bob", rpctest.Allow("ossd:ExplainRequest", "acs:ossd:*:9999999999999999:*")), version, "ExplainRequest", "Url", url).
		Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
	w.Do(w.User("dave", rpctest.Allow("*", "*"), rpctest.Deny("ossd:*", "*")), version, "ExplainRequest", "Url", url).
		Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
	if len(*got) != 0 {
		t.Errorf("somebody was told: %v", *got)
	}
	w.Do(w.User("carol", rpctest.Allow("ossd:ExplainRequest", "acs:ossd:*:"+rpctest.Account+":*")), version, "ExplainRequest", "Url", url).OK(nil)
}

// A failure inside is not told, but logged.
func TestFailure(t *testing.T) {
	broken := errors.New("disk full at /data")
	w, _ := world(t, broken)
	w.Do(w.Root, version, "ExplainRequest", "Url", "http://h/k").
		Refused(500, "InternalError", "The request processing has failed due to some unknown error, exception or failure.")
	if o := w.Outcome(); !errors.Is(o.Err, broken) {
		t.Errorf("the cause is lost: %v", o.Err)
	}
}

// A question arrives as it was asked, and only from whoever may ask.
func TestSimulateAccess(t *testing.T) {
	var got []string
	w := rpctest.New(t, admin.Actions(admin.Config{Simulate: func(_ context.Context, account string, q admin.Simulated) (*admin.Simulation, error) {
		got = append(got, fmt.Sprintf("%s %+v", account, q))
		return &admin.Simulation{Principal: "p", Decision: "deny", Reason: "r", Statements: []string{}, Changes: []string{"c"}}, nil
	}})...)
	ask := func(as signature.Credentials, params ...string) rpctest.Response {
		return w.Do(as, version, "SimulateAccess", params...)
	}
	good := []string{"Principal", "alice", "AskedAction", "oss:GetObject", "Resource", "oss://b/k", "Context", "acs:SourceIp=1.2.3.4\nk=a=b\n"}
	var answer admin.Simulation
	ask(w.Root, good...).OK(&answer)
	want := rpctest.Account + " {Principal:alice Action:oss:GetObject Resource:oss://b/k Context:map[acs:SourceIp:1.2.3.4 k:a=b]}"
	if len(got) != 1 || got[0] != want || answer.Decision != "deny" || len(answer.Changes) != 1 {
		t.Errorf("asked %q, want %q; answered %+v", got, want, answer)
	}
	for parameter, value := range map[string]string{"AskedAction": "oss:Get*", "Resource": "b/k", "Context": "nothing"} {
		wrong := append([]string(nil), good...)
		for i := range wrong {
			if wrong[i] == parameter {
				wrong[i+1] = value
			}
		}
		ask(w.Root, wrong...).Refused(400, "InvalidParameter."+parameter, "Specified parameter "+parameter+" is not valid.")
	}
	ask(w.User("alice"), good...).Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
	if len(got) != 1 {
		t.Errorf("somebody was told: %v", got)
	}
}
