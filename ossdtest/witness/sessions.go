package witness

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"ossd/protocol/signature"
)

// Visitors lets temporary credentials be used: a user who may begin sessions of a role
// that may read.
type Visitors struct {
	client *Client
	role   string
	user   signature.Credentials
}

const mayRead = `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:*"]}]}`

// Versions of the APIs.
const (
	ram = "2015-05-01"
	sts = "2015-04-01"
)

// NewVisitors makes role and user, by the client's key, which is that of an account.
func NewVisitors(c *Client, account string) (*Visitors, error) {
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + account + `:root"]}}]}`
	var made struct {
		AccessKey struct{ AccessKeyId, AccessKeySecret string }
	}
	for _, call := range [][]string{
		{"CreateRole", "RoleName", "reader", "AssumeRolePolicyDocument", trust},
		{"CreatePolicy", "PolicyName", "read", "PolicyDocument", mayRead},
		{"AttachPolicyToRole", "PolicyType", "Custom", "PolicyName", "read", "RoleName", "reader"},
		{"CreateUser", "UserName", "visitor"},
		{"AttachPolicyToUser", "PolicyType", "System", "PolicyName", "AliyunSTSAssumeRoleAccess", "UserName", "visitor"},
		{"CreateAccessKey", "UserName", "visitor"},
	} {
		if err := c.call(c.Key, ram, call[0], &made, call[1:]...); err != nil {
			return nil, err
		}
	}
	return &Visitors{client: c, role: "acs:ram::" + account + ":role/reader", user: signature.Credentials{AccessKeyID: made.AccessKey.AccessKeyId, Secret: made.AccessKey.AccessKeySecret}}, nil
}

// Visit begins a session and reads an object with it, which need not exist.
func (v *Visitors) Visit(w *Writer, k int) error {
	var begun struct {
		Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
	}
	if err := v.client.call(v.user, sts, "AssumeRole", &begun, "RoleArn", v.role, "RoleSessionName", "visit"); err != nil {
		return err
	}
	c := begun.Credentials
	session := signature.Credentials{AccessKeyID: c.AccessKeyId, Secret: c.AccessKeySecret, SecurityToken: c.SecurityToken}
	_, err := v.client.wantedAs(session, []int{http.StatusOK, http.StatusNotFound}, "GET", w.path(k%keys), "", nil, nil)
	return err
}

// call calls an action of RAM or STS.
func (c *Client) call(key signature.Credentials, version, action string, into any, params ...string) error {
	query := url.Values{"Action": {action}, "Version": {version}, "Format": {"JSON"}}
	for i := 0; i < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	signature.SignRPC("GET", query, key, time.Now(), rand.Text())
	r, err := http.NewRequest("GET", "http://"+c.server()+"/?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	a, err := c.do(r)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return c.Refused(action, a)
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return c.Object("%s: %v", action, err)
	}
	return nil
}
