package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ossd/protocol/signature"
)

const (
	benchRole = "acs:ram::" + account + ":role/bench"
	trust     = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + account + `:root"]}}]}`
	mayRead   = `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:*"]}]}`
)

// nonces are never used twice, since the program runs one server at a time for each.
var nonces int

// rpc signs an action of RAM or STS as a query.
func (s *ossd) rpc(cred signature.Credentials, version, action string, params ...string) string {
	query := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	nonces++
	signature.SignRPC("GET", query, cred, time.Now(), "bench-"+strconv.Itoa(nonces))
	return "/?" + query.Encode()
}

func (s *ossd) ram(action string, params ...string) (answered struct {
	AccessKey struct{ AccessKeyId, AccessKeySecret string }
}, err error) {
	return answered, s.call(s.rpc(s.cred, "2015-05-01", action, params...), &answered)
}

func (s *ossd) call(target string, into any) error {
	r, err := http.NewRequest("GET", "http://"+s.address+target, nil)
	if err != nil {
		return err
	}
	document, err := answer(r)
	if err != nil {
		action, _, _ := strings.Cut(r.URL.Query().Get("Action"), "&")
		return fmt.Errorf("%s: %w", action, err)
	}
	return json.Unmarshal(document, into)
}

// role makes a role that may read every object.
func (s *ossd) role() error {
	for _, call := range [][]string{
		{"CreateRole", "RoleName", "bench", "AssumeRolePolicyDocument", trust},
		{"CreatePolicy", "PolicyName", "read", "PolicyDocument", mayRead},
		{"AttachPolicyToRole", "PolicyType", "Custom", "PolicyName", "read", "RoleName", "bench"},
	} {
		if _, err := s.ram(call[0], call[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// user makes a user who may assume roles, and returns a key.
func (s *ossd) user(name string) (cred signature.Credentials, err error) {
	if _, err := s.ram("CreateUser", "UserName", name); err != nil {
		return cred, err
	}
	if _, err := s.ram("AttachPolicyToUser", "PolicyType", "System", "PolicyName", "AliyunSTSAssumeRoleAccess", "UserName", name); err != nil {
		return cred, err
	}
	made, err := s.ram("CreateAccessKey", "UserName", name)
	return signature.Credentials{AccessKeyID: made.AccessKey.AccessKeyId, Secret: made.AccessKey.AccessKeySecret}, err
}

// assumeRole is the target of a request that begins a session.
func (s *ossd) assumeRole(cred signature.Credentials) string {
	return s.rpc(cred, "2015-04-01", "AssumeRole", "RoleArn", benchRole, "RoleSessionName", "bench")
}

// session begins one.
func (s *ossd) session(cred signature.Credentials) (signature.Credentials, error) {
	var begun struct {
		Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
	}
	err := s.call(s.assumeRole(cred), &begun)
	c := begun.Credentials
	return signature.Credentials{AccessKeyID: c.AccessKeyId, Secret: c.AccessKeySecret, SecurityToken: c.SecurityToken}, err
}
