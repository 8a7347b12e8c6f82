package cluster_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ossd/protocol/signature"
)

// Versions of the APIs in RPC style.
const (
	stsAPI  = "2015-04-01"
	ramAPI  = "2015-05-01"
	ossdAPI = "2026-11-24"
)

// client speaks to one address, of a node or of the balancer, with one key.
type client struct {
	url  string
	cred signature.Credentials
}

// answer is what came back: code is that of an error, "" for none.
type answer struct {
	status int
	code   string
	body   []byte
}

var calls = http.Client{Timeout: 20 * time.Second}

// object sends a request of OSS with a signed URL.
func (c client) object(ctx context.Context, method, bucket, key, query string, body []byte) (answer, error) {
	path := "/" + bucket + "/" + signature.EncodePath(key)
	r := &signature.Request{Method: method, Host: strings.TrimPrefix(c.url, "http://"), Path: path, Header: http.Header{}}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, found := strings.Cut(part, "="); name != "" {
			r.Query = append(r.Query, signature.Param{Name: name, Value: value, Bare: !found})
		}
	}
	if err := signature.Presign(signature.V4URL, r, signature.Resource{Bucket: bucket, Key: key}, c.cred, "cn-hangzhou", time.Now(), time.Hour); err != nil {
		return answer{}, err
	}
	sent, err := http.NewRequestWithContext(ctx, method, c.url+path+"?"+r.Query.Encode(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	got, err := receive(sent)
	var document struct{ Code string }
	if err == nil && got.status >= 300 && xml.Unmarshal(got.body, &document) == nil {
		got.code = document.Code
	}
	return got, err
}

var nonces atomic.Int64

// signRPC signs an action; params are names and values in turn.
func (c client) signRPC(version, action string, params ...string) url.Values {
	query := url.Values{"Action": {action}, "Version": {version}, "Format": {"JSON"}}
	for i := 0; i < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	nonce := hex.EncodeToString(fmt.Append(nil, time.Now().UnixNano(), nonces.Add(1)))
	signature.SignRPC(http.MethodPost, query, c.cred, time.Now(), nonce)
	return query
}

// send sends what was signed.
func (c client) send(ctx context.Context, signed url.Values) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/", strings.NewReader(signed.Encode()))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := receive(r)
	var document struct{ Code string }
	if err == nil && json.Unmarshal(got.body, &document) == nil {
		got.code = document.Code
	}
	return got, err
}

func receive(r *http.Request) (answer, error) {
	res, err := calls.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, body: body}, err
}

// code is how an action ends.
func (c client) code(t *testing.T, version, action string, params ...string) string {
	t.Helper()
	got, err := c.send(t.Context(), c.signRPC(version, action, params...))
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return got.code
}

// must sends an action that must succeed, and reads its answer into a value unless that is nil.
func (c client) must(t *testing.T, into any, version, action string, params ...string) {
	t.Helper()
	got, err := c.send(t.Context(), c.signRPC(version, action, params...))
	if err != nil || got.status != http.StatusOK {
		t.Fatalf("%s: %d %s %s, %v", action, got.status, got.code, got.body, err)
	}
	if into != nil {
		if err := json.Unmarshal(got.body, into); err != nil {
			t.Fatalf("%s: %v", action, err)
		}
	}
}

// mustObject is must for OSS.
func (c client) mustObject(t *testing.T, method, bucket, key, query string, body []byte) []byte {
	t.Helper()
	got, err := c.object(t.Context(), method, bucket, key, query, body)
	if err != nil || got.status/100 != 2 {
		t.Fatalf("%s %s/%s?%s: %d %s, %v", method, bucket, key, query, got.status, got.body, err)
	}
	return got.body
}

// assume begins a session of a role.
func (c client) assume(t *testing.T, role string) signature.Credentials {
	t.Helper()
	var begun struct {
		Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
	}
	c.must(t, &begun, stsAPI, "AssumeRole", "RoleArn", role, "RoleSessionName", "session")
	got := begun.Credentials
	return signature.Credentials{AccessKeyID: got.AccessKeyId, Secret: got.AccessKeySecret, SecurityToken: got.SecurityToken}
}

// who is the code with which a node answers to the question of who is asking; "" if it knows.
func (c client) who(t *testing.T) string {
	t.Helper()
	return c.code(t, stsAPI, "GetCallerIdentity")
}
