package sts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"ossd/access"
	"ossd/access/policy"
	"ossd/internal/idtoken"
	"ossd/internal/idtoken/idtokentest"
	"ossd/protocol/ims"
	"ossd/protocol/ram"
	"ossd/protocol/rpc/rpctest"
	"ossd/protocol/signature"
	"ossd/protocol/sts"
)

const (
	stsVersion  = "2015-04-01"
	providerARN = "acs:ram::" + rpctest.Account + ":oidc-provider/idp"
	roleARN     = "acs:ram::" + rpctest.Account + ":role/deployer"
)

// federation is a World with the identity provider "idp" for the client "app",
// and the role "deployer", which trusts it.
type federation struct {
	*rpctest.World
	issuer *idtokentest.Issuer
	t      *testing.T
}

// trust is a trust policy for the provider; condition is the value of Condition, "" for none.
func trust(condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":["` + providerARN + `"]}` + condition + `}]}`
}

func newFederation(t *testing.T, condition string) *federation {
	t.Helper()
	issuer := idtokentest.New(t)
	f := &federation{issuer: issuer, t: t}
	tokens, err := idtoken.New(idtoken.Config{Local: []string{issuer.URL}, Now: func() time.Time { return f.Now() }})
	if err != nil {
		t.Fatal(err)
	}
	actions := append(append(sts.Actions(tokens), ims.Actions()...), ram.Actions()...)
	f.World = rpctest.NewWith(t, func(c *access.Config) { c.LocalIssuers = []string{issuer.URL} }, actions...)
	f.Do(f.Root, "2019-08-15", "CreateOIDCProvider", "OIDCProviderName", "idp", "IssuerUrl", issuer.URL, "ClientIds", "app", "Format", "JSON").OK(nil)
	if _, err := f.Directory.CreateRole(t.Context(), access.Role{AccountID: rpctest.Account, Name: "deployer", TrustPolicy: trust(condition)}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *federation) token(change ...any) string {
	claims := f.issuer.Claims("app", "repo:a/b", f.Now())
	for i := 0; i < len(change); i += 2 {
		claims[change[i].(string)] = change[i+1]
	}
	return f.issuer.Token(claims)
}

// assume sends an unsigned request, all parameters as names and values in turn.
func (f *federation) assume(token string, change ...string) rpctest.Response {
	params := url.Values{
		"Action": {"AssumeRoleWithOIDC"}, "Version": {stsVersion}, "Format": {"JSON"}, "Timestamp": {f.Now().Format(time.RFC3339)},
		"OIDCProviderArn": {providerARN}, "RoleArn": {roleARN}, "RoleSessionName": {"job"}, "OIDCToken": {token},
	}
	for i := 0; i < len(change); i += 2 {
		params.Set(change[i], change[i+1])
	}
	return f.Post("/", params)
}

type federatedAnswer struct {
	OIDCTokenInfo   struct{ Subject, Issuer, ClientIds, ExpirationTime, IssuanceTime, VerificationInfo string }
	AssumedRoleUser struct{ Arn, AssumedRoleId string }
	Credentials     struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration string }
}

func (a federatedAnswer) credentials() signature.Credentials {
	return signature.Credentials{AccessKeyID: a.Credentials.AccessKeyId, Secret: a.Credentials.AccessKeySecret, SecurityToken: a.Credentials.SecurityToken}
}

func TestAssumeRoleWithOIDC(t *testing.T) {
	f := newFederation(t, `{"StringEquals":{"oidc:iss":"ISSUER","oidc:aud":"app"},"StringLike":{"oidc:sub":"repo:a/*"}}`)
	real := strings.Replace(trust(`{"StringEquals":{"oidc:iss":"ISSUER","oidc:aud":"app"},"StringLike":{"oidc:sub":"repo:a/*"}}`), "ISSUER", f.issuer.URL, 1)
	if _, err := f.Directory.UpdateRole(t.Context(), rpctest.Account, "deployer", access.RoleUpdate{TrustPolicy: &real}); err != nil {
		t.Fatal(err)
	}
	f.Attach(access.RoleEntity, "deployer", rpctest.Allow("ram:ListUsers", "*"))

	var got federatedAnswer
	f.assume(f.token(), "DurationSeconds", "900").OK(&got)
	info := got.OIDCTokenInfo
	if info.Subject != "repo:a/b" || info.Issuer != f.issuer.URL || info.ClientIds != "app" || info.VerificationInfo != "Success" ||
		info.IssuanceTime != "2026-11-24T12:00:00Z" || info.ExpirationTime != "2026-11-24T13:00:00Z" {
		t.Errorf("%+v", info)
	}
	if got.AssumedRoleUser.Arn != roleARN+"/job" || got.Credentials.Expiration != "2026-11-24T12:15:00Z" {
		t.Errorf("%+v", got)
	}
	// The audit knows who it was and that nobody signed.
	o := f.Outcome()
	want := policy.Principal{Type: policy.Federated, AccountID: rpctest.Account, ProviderName: "idp", Subject: "repo:a/b"}
	if o.Principal != want || o.Scheme != "" || o.AccessKeyID != "" || o.Resource != roleARN+" "+providerARN {
		t.Errorf("%+v", o)
	}

	// What comes out is a role session like any other.
	var me struct{ IdentityType, Arn, AccountId, PrincipalId, UserId, RoleId string }
	f.Do(got.credentials(), stsVersion, "GetCallerIdentity", "Format", "JSON").OK(&me)
	if me.IdentityType != "AssumedRoleUser" || me.Arn != "acs:ram::"+rpctest.Account+":assumed-role/deployer/job" || me.AccountId != rpctest.Account ||
		me.PrincipalId != got.AssumedRoleUser.AssumedRoleId || me.UserId != "" || !strings.HasPrefix(me.PrincipalId, me.RoleId+":") {
		t.Errorf("%+v", me)
	}
	f.Do(got.credentials(), "2015-05-01", "ListUsers", "Format", "JSON").OK(nil)
	f.Do(got.credentials(), "2015-05-01", "ListRoles", "Format", "JSON").Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")

	// A session policy narrows it.
	f.assume(f.token(), "Policy", rpctest.Deny("ram:*", "*")).OK(&got)
	f.Do(got.credentials(), "2015-05-01", "ListUsers", "Format", "JSON").Refused(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
}

func TestAssumeRoleWithOIDCRefusals(t *testing.T) {
	f := newFederation(t, `{"StringEquals":{"oidc:sub":"repo:a/b"}}`)
	good := f.token()
	const fail, invalid, content = "AuthenticationFail.", "AuthenticationFail.OIDCToken.Invalid", "The Jwt content is invalid that cannot be recognized."
	noProvider := func(arn string) []string { return []string{"OIDCProviderArn", arn} }
	for name, c := range map[string]struct {
		token         string
		change        []string
		status        int
		code, message string
	}{
		"no token":         {"", nil, 401, invalid, "The OIDCToken can not empty."},
		"truncated":        {good[:strings.LastIndex(good, ".")], nil, 401, invalid, "The number of Jwt field should be divided into 3 parts with '.' ."},
		"not JSON":         {"aaaa.aaaa.aaaa", nil, 401, invalid, content},
		"claims no base64": {strings.Replace(good, ".", ".!", 1), nil, 401, invalid, "Cannot decode base64 encoded response(format invalided)."},
		"oversized":        {strings.Repeat("a", idtoken.MaxToken+1), nil, 401, invalid, content},
		"alg none":         {idtokentest.Raw(t, map[string]string{"alg": "none"}, f.issuer.Claims("app", "repo:a/b", f.Now()), nil), nil, 401, invalid, "The algorithm none that be specified in Jwt header is unknown."},
		"alg of poison":    {idtokentest.Raw(t, map[string]string{"alg": "<script>"}, 1, nil), nil, 401, invalid, content},
		"HS256":            {idtokentest.Sign(t, jose.HS256, f.issuer.Key.N.Bytes(), idtokentest.KeyID, f.issuer.Claims("app", "repo:a/b", f.Now())), nil, 401, invalid, "The algorithm HS256 that be specified in Jwt header is unknown."},
		"wrong audience":   {f.token("aud", "other"), nil, 401, fail + "OIDCToken.AudienceNotMatch", "Invalid audience."},
		"wrong issuer":     {f.token("iss", "https://evil.example"), nil, 401, fail + "OIDCToken.IssuerNotMatch", "The issuer in the OIDC Token doesn't match the OIDC Provider registered."},
		"expired":          {f.token("exp", f.Now().Add(-time.Hour).Unix()), nil, 401, fail + "OIDCToken.Expired", "This JsonWebToken is expired."},
		"issued long ago":  {f.token("iat", f.Now().Add(-13*time.Hour).Unix()), nil, 401, fail + "OIDCToken.Expired", "This JsonWebToken is expired."},
		"from the future":  {f.token("iat", f.Now().Add(time.Hour).Unix()), nil, 401, invalid, "This JsonWebToken is not valid yet."},
		"altered":          {good[:len(good)-6] + "AAAAAA", nil, 401, fail + "OIDCToken.InvalidSignature", "OIDC token validate failed: invalid signature."},
		"another subject":  {f.token("sub", "repo:a/c"), nil, 401, fail + "NoPermission", "There is no permission"},

		"no provider":      {good, noProvider("acs:ram::" + rpctest.Account + ":oidc-provider/other"), 401, fail + "NoPermission", "No such OIDC Provider registered."},
		"foreign provider": {good, noProvider("acs:ram::2345678901234567:oidc-provider/idp"), 401, fail + "NoPermission", "No such OIDC Provider registered."},
		"SAML provider":    {good, noProvider("acs:ram::" + rpctest.Account + ":saml-provider/idp"), 400, "InvalidParameter.OIDCProviderArn", "The parameter OIDCProviderArn is wrongly formed."},
		"provider missing": {good, noProvider(""), 400, "MissingOIDCProviderArn", "OIDCProviderArn is mandatory for this action."},
		"role of nobody":   {good, []string{"RoleArn", roleARN + "x"}, 401, fail + "NoPermission", "There is no permission"},
		"role wrongly put": {good, []string{"RoleArn", "deployer"}, 400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed."},
		"session name":     {good, []string{"RoleSessionName", "a b"}, 400, "InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed."},
		"duration":         {good, []string{"DurationSeconds", "899"}, 400, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/1hr."},
		"duration of role": {good, []string{"DurationSeconds", "3601"}, 400, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/1hr."},
		"policy":           {good, []string{"Policy", "{"}, 400, "InvalidParameter.PolicyGrammar", "The parameter Policy has not passed grammar check."},
		"a key, unsigned":  {good, []string{"AccessKeyId", f.Root.AccessKeyID}, 400, "MissingSignature", "Signature is mandatory for this action."},
		"a lone signature": {good, []string{"Signature", "x"}, 400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action."},
	} {
		t.Run(name, func(t *testing.T) {
			r := f.assume(c.token, c.change...)
			var e struct{ Code, Message string }
			if err := json.Unmarshal(r.Body.Bytes(), &e); err != nil || r.Code != c.status || e.Code != c.code || e.Message != c.message {
				t.Errorf("got %d %s\nwant %d %s %q", r.Code, r.Body, c.status, c.code, c.message)
			}
			if strings.Contains(r.Body.String(), "STS.") {
				t.Error("credentials were given")
			}
		})
	}
	f.assume(good).OK(nil)
}

// A signed request is taken too, if it is signed well.
func TestSignedAssumeRoleWithOIDC(t *testing.T) {
	f := newFederation(t, "")
	params := []string{"OIDCProviderArn", providerARN, "RoleArn", roleARN, "RoleSessionName", "job", "OIDCToken", f.token(), "Format", "JSON"}
	f.Do(f.Root, stsVersion, "AssumeRoleWithOIDC", params...).OK(nil)
	forged := f.Root
	forged.Secret = "wrong"
	if r := f.Do(forged, stsVersion, "AssumeRoleWithOIDC", params...); r.Code != http.StatusBadRequest || !strings.Contains(r.Body.String(), "SignatureDoesNotMatch") {
		t.Errorf("%d %s", r.Code, r.Body)
	}
}

// SDKs of the third version name the action in headers and sign nothing.
func TestUnsignedInHeaders(t *testing.T) {
	f := newFederation(t, "")
	form := url.Values{"OIDCProviderArn": {providerARN}, "RoleArn": {roleARN}, "RoleSessionName": {"job"}, "OIDCToken": {f.token()}}
	r := httptest.NewRequest(http.MethodPost, "/?Format=json", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Acs-Action", "AssumeRoleWithOIDC")
	r.Header.Set("X-Acs-Version", stsVersion)
	f.Serve(r).OK(nil)
}

// Without conditions every subject of the provider is trusted, but nobody else: its
// client ids and its issuer are asked for in any case.
func TestTrustWithoutConditions(t *testing.T) {
	f := newFederation(t, "")
	f.assume(f.token("sub", "anybody")).OK(nil)
	f.assume(f.token("aud", "other")).Refused(401, "AuthenticationFail.OIDCToken.AudienceNotMatch", "Invalid audience.")
	f.assume(f.token("iss", "https://evil.example")).Refused(401, "AuthenticationFail.OIDCToken.IssuerNotMatch", "The issuer in the OIDC Token doesn't match the OIDC Provider registered.")
}

// A provider of another account is nobody to a role, not even if its trust
// policy names it; nor is one that the role does not name.
func TestProviderOfAnotherAccount(t *testing.T) {
	f := newFederation(t, "")
	const other = "2345678901234567"
	if _, _, err := f.Directory.CreateAccount(t.Context(), access.Account{ID: other}, nil); err != nil {
		t.Fatal(err)
	}
	foreign, err := f.Directory.CreateOIDCProvider(t.Context(), access.OIDCProvider{AccountID: other, Name: "idp", Issuer: f.issuer.URL, ClientIDs: []string{"app"}})
	if err != nil {
		t.Fatal(err)
	}
	f.assume(f.token(), "OIDCProviderArn", foreign.ARN()).Refused(401, "AuthenticationFail.NoPermission", "There is no permission")
	named := strings.ReplaceAll(trust(""), rpctest.Account, other)
	if _, err := f.Directory.UpdateRole(t.Context(), rpctest.Account, "deployer", access.RoleUpdate{TrustPolicy: &named}); err != nil {
		t.Fatal(err)
	}
	f.assume(f.token(), "OIDCProviderArn", foreign.ARN()).Refused(401, "AuthenticationFail.NoPermission", "There is no permission")
	f.assume(f.token()).Refused(401, "AuthenticationFail.NoPermission", "There is no permission")
}

// An issuer that cannot be had is told in words that say nothing about the network here.
func TestIssuerIsAway(t *testing.T) {
	f := newFederation(t, "")
	f.issuer.Server.Close()
	r := f.assume(f.token()).Refused(401, "AuthenticationFail.OIDCToken.IssuerConfigurationBroken", "The configuration or the keys of the issuer cannot be read.")
	if strings.Contains(r.Body.String(), "refused") || strings.Contains(r.Body.String(), "127.0.0.1") {
		t.Error(r.Body)
	}
	if err := f.Outcome().Err; err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("the operator is told %v", err)
	}
}

// With its provider, its role or a revocation, a session ends.
func TestWhatEndsAFederatedSession(t *testing.T) {
	for name, end := range map[string]func(f *federation) error{
		"provider deleted": func(f *federation) error { return f.Directory.DeleteOIDCProvider(t.Context(), rpctest.Account, "idp") },
		"provider made anew": func(f *federation) error {
			if err := f.Directory.DeleteOIDCProvider(t.Context(), rpctest.Account, "idp"); err != nil {
				return err
			}
			_, err := f.Directory.CreateOIDCProvider(t.Context(), access.OIDCProvider{AccountID: rpctest.Account, Name: "idp", Issuer: f.issuer.URL})
			return err
		},
		"role deleted": func(f *federation) error { return f.Directory.DeleteRole(t.Context(), rpctest.Account, "deployer") },
		"sessions revoked": func(f *federation) error {
			_, err := f.Directory.RevokeSessions(t.Context(), rpctest.Account, "deployer", time.Time{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t, "")
			var got federatedAnswer
			f.assume(f.token()).OK(&got)
			f.Do(got.credentials(), stsVersion, "GetCallerIdentity", "Format", "JSON").OK(nil)
			if err := end(f); err != nil {
				t.Fatal(err)
			}
			f.Do(got.credentials(), stsVersion, "GetCallerIdentity", "Format", "JSON").Refused(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
		})
	}
}

// A chain of roles that a token began ends with the provider too.
func TestChainOfAFederatedSession(t *testing.T) {
	f := newFederation(t, "")
	f.Attach(access.RoleEntity, "deployer", rpctest.Allow("sts:AssumeRole", "*"))
	next := f.Role("next")
	var first, second federatedAnswer
	f.assume(f.token()).OK(&first)
	f.Do(first.credentials(), stsVersion, "AssumeRole", "RoleArn", next.ARN(), "RoleSessionName", "job", "Format", "JSON").OK(&second)
	f.Do(second.credentials(), stsVersion, "GetCallerIdentity", "Format", "JSON").OK(nil)
	if err := f.Directory.DeleteOIDCProvider(t.Context(), rpctest.Account, "idp"); err != nil {
		t.Fatal(err)
	}
	f.Do(second.credentials(), stsVersion, "GetCallerIdentity", "Format", "JSON").Refused(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
}

// What official clients really send reaches the token.
func TestCapturedUnsignedRequests(t *testing.T) {
	for _, name := range []string{"rpc-12-go-credentials-oidc-unsigned", "rpc-13-go-sts20150401-oidc-unsigned"} {
		text, err := os.ReadFile(filepath.Join("..", "rpc", "testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var c captured
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		f := newFederation(t, "")
		f.Serve(c.request()).Refused(401, "AuthenticationFail.NoPermission", "No such OIDC Provider registered.")
		_, err = f.Directory.CreateOIDCProvider(t.Context(), access.OIDCProvider{AccountID: rpctest.Account, Name: "p", Issuer: "https://idp.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		f.Serve(c.request()).Refused(401, "AuthenticationFail.OIDCToken.Invalid", "Cannot decode base64 encoded response(format invalided).")

		// And with a real token, all else as captured, to credentials.
		if _, err := f.Directory.CreateRole(t.Context(), access.Role{AccountID: rpctest.Account, Name: "adminrole", TrustPolicy: trust("")}); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*string{&c.Request.Target, &c.Request.Body} {
			*s = strings.ReplaceAll(strings.ReplaceAll(*s, "ey.a.b", f.token()), "oidc-provider%2Fp", "oidc-provider%2Fidp")
		}
		var got federatedAnswer
		r := c.request()
		r.Header.Set("Content-Length", fmt.Sprint(len(c.Request.Body)))
		f.Serve(r).OK(&got)
		if got.AssumedRoleUser.Arn != "acs:ram::"+rpctest.Account+":role/adminrole/alice" {
			t.Errorf("%+v", got)
		}
	}
}
