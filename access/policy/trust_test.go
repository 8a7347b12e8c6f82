package policy

import (
	"strings"
	"testing"
)

// trustOf is a trust policy for JSON values under RAM.
func trustOf(ram string) string {
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":` + ram + `}}]}`
}

func TestDecideTrust(t *testing.T) {
	const mfaDeny = `{"Effect":"Deny","Action":"sts:*","Principal":{"RAM":"acs:ram::` + ours + `:root"},"Condition":{"Bool":{"acs:MFAPresent":"false"}}}`
	for name, c := range map[string]struct {
		document string
		caller   Principal
		context  Context
		want     Reason
	}{
		"root covers users":                     {trustOf(`"acs:ram::` + ours + `:root"`), alice, nil, ByTrustPolicyAllow},
		"root covers role sessions":             {trustOf(`["acs:ram::` + ours + `:root"]`), appRole, nil, ByTrustPolicyAllow},
		"root is no other account":              {trustOf(`"acs:ram::` + ours + `:root"`), carol, nil, NoAllowByTrustPolicy},
		"root of another account":               {trustOf(`["acs:ram::` + ours + `:root","acs:ram::` + theirs + `:root"]`), carol, nil, ByTrustPolicyAllow},
		"root is not the account's key":         {trustOf(`"acs:ram::` + ours + `:root"`), owner, nil, NoAllowByTrustPolicy},
		"nobody":                                {trustOf(`"acs:ram::` + ours + `:root"`), anonymous, nil, NoAllowByTrustPolicy},
		"user":                                  {trustOf(`"acs:ram::` + ours + `:user/Alice"`), alice, nil, ByTrustPolicyAllow},
		"another user":                          {trustOf(`"acs:ram::` + ours + `:user/bob"`), alice, nil, NoAllowByTrustPolicy},
		"same name in another account":          {trustOf(`"acs:ram::` + ours + `:user/carol"`), carol, nil, NoAllowByTrustPolicy},
		"role":                                  {trustOf(`"acs:ram::` + ours + `:role/app-role"`), appRole, nil, ByTrustPolicyAllow},
		"role is no user":                       {trustOf(`"acs:ram::` + ours + `:role/alice"`), alice, nil, NoAllowByTrustPolicy},
		"user is no role":                       {trustOf(`"acs:ram::` + ours + `:user/app-role"`), appRole, nil, NoAllowByTrustPolicy},
		"a service is nobody here":              {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs.aliyuncs.com"}}]}`, alice, nil, NoAllowByTrustPolicy},
		"a provider is nobody here":             {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"acs:ram::` + ours + `:saml-provider/p"}}]}`, alice, nil, NoAllowByTrustPolicy},
		"provider":                              {federated("p"), joe, nil, ByTrustPolicyAllow},
		"provider in another spelling":          {federated("P"), joe, nil, ByTrustPolicyAllow},
		"another provider":                      {federated("q"), joe, nil, NoAllowByTrustPolicy},
		"provider of another account":           {federated("p"), Principal{Type: Federated, AccountID: theirs, ProviderName: "p"}, nil, NoAllowByTrustPolicy},
		"provider is no user":                   {federated("alice"), alice, nil, NoAllowByTrustPolicy},
		"provider is no role":                   {federated("app-role"), appRole, nil, NoAllowByTrustPolicy},
		"root is no provider":                   {trustOf(`"acs:ram::` + ours + `:root"`), joe, nil, NoAllowByTrustPolicy},
		"saml is not oidc":                      {strings.Replace(federated("p"), "oidc", "saml", 1), joe, nil, NoAllowByTrustPolicy},
		"subject":                               {federatedIf, joe, values{"oidc:sub": "repo:a/b"}, ByTrustPolicyAllow},
		"another subject":                       {federatedIf, joe, values{"oidc:sub": "repo:a/c"}, NoAllowByTrustPolicy},
		"no subject":                            {federatedIf, joe, nil, NoAllowByTrustPolicy},
		"another action":                        {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Principal":{"RAM":"acs:ram::` + ours + `:root"}}]}`, alice, nil, NoAllowByTrustPolicy},
		"action with a star":                    {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:*","Principal":{"RAM":"acs:ram::` + ours + `:root"}}]}`, alice, nil, ByTrustPolicyAllow},
		"deny wins":                             {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::` + ours + `:root"}},` + mfaDeny + `]}`, alice, values{"acs:mfapresent": "false"}, TrustPolicyDeny},
		"deny whose condition is not met":       {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::` + ours + `:root"}},` + mfaDeny + `]}`, alice, nil, ByTrustPolicyAllow},
		"external id":                           {externalID, alice, values{"sts:externalid": "xyz"}, ByTrustPolicyAllow},
		"wrong external id":                     {externalID, alice, values{"sts:externalid": "abc"}, NoAllowByTrustPolicy},
		"missing external id":                   {externalID, alice, nil, NoAllowByTrustPolicy},
		"deny without allow is still an answer": {`{"Version":"1","Statement":` + mfaDeny + `}`, alice, values{"acs:mfapresent": "false"}, TrustPolicyDeny},
	} {
		t.Run(name, func(t *testing.T) {
			got := DecideTrust(mustParse(t, Trust, c.document), c.caller, c.context)
			if got.Reason != c.want || got.Allowed != (c.want == ByTrustPolicyAllow) {
				t.Errorf("got %s: %s; want %s", got.Reason, got.Explain(), c.want)
			}
			if decided := c.want != NoAllowByTrustPolicy; (len(got.Matches) > 0) != decided {
				t.Errorf("matches: %v", got.Matches)
			}
		})
	}
}

var joe = Principal{Type: Federated, AccountID: ours, ProviderName: "p", Subject: "repo:a/b"}

func federated(provider string) string {
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"acs:ram::` + ours + `:oidc-provider/` + provider + `"}}]}`
}

const federatedIf = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"acs:ram::` + ours + `:oidc-provider/p"},"Condition":{"StringEquals":{"oidc:sub":"repo:a/b"}}}]}`

const externalID = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::` + ours + `:root"},"Condition":{"StringEquals":{"sts:ExternalId":"xyz"}}}]}`

func TestDecideTrustWithoutTrustPolicy(t *testing.T) {
	for _, doc := range []*Document{nil, systemDocuments()["AdministratorAccess"]} {
		if got := DecideTrust(doc, alice, nil); got.Allowed || got.Reason != NoAllowByTrustPolicy {
			t.Errorf("got %s", got.Explain())
		}
	}
}

func TestNormalizedText(t *testing.T) {
	for _, c := range []struct {
		kind     Kind
		in, want string
	}{
		{Trust,
			`{"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": "acs:ram::1:root", "Service": ["ecs.aliyuncs.com"],` + "\n" + `"Federated" : "acs:ram::1:oidc-provider/p" }}], "Version": "1"}`,
			`{"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": ["acs:ram::1:root"], "Service": ["ecs.aliyuncs.com"],` + "\n" + `"Federated" : ["acs:ram::1:oidc-provider/p"] }}], "Version": "1"}`},
		{Trust,
			`{"Version":"1","Statement":{"Effect":"Deny","Action":"*","Principal":{"RAM":"acs:ram::1:user/\u00e9"}}}`,
			`{"Version":"1","Statement":{"Effect":"Deny","Action":"*","Principal":{"RAM":["acs:ram::1:user/\u00e9"]}}}`},
		{Bucket,
			`{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}]}`,
			`{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}]}`},
	} {
		d := mustParse(t, c.kind, c.in)
		got := d.NormalizedText()
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		again := mustParse(t, c.kind, got)
		if again.String() != d.String() || again.NormalizedText() != got {
			t.Errorf("%s means something else than %s", got, c.in)
		}
	}
}
