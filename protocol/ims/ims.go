// Package ims is the part of the Identity Management Service API, version
// 2019-08-15, that registers OpenID Connect identity providers: one file per
// action. What a provider may look like is the access package's rule.
//
// Shapes, limits and permissions are those of the vendor's pages on these
// actions; the permissions are RAM's, as the vendor has it.
package ims

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
)

var product = &rpc.Product{Name: "Ims", Version: "2019-08-15", Service: "ram", Refuse: refuse, Spell: spell}

// Actions are the entries of the table.
func Actions() []rpc.Action {
	return []rpc.Action{
		createOIDCProvider, getOIDCProvider, listOIDCProviders, updateOIDCProvider, deleteOIDCProvider,
		addClientID, removeClientID, addFingerprint, removeFingerprint,
	}
}

// everything is the resource of actions that cannot be allowed for single providers.
func everything(c *rpc.Call) []string { return []string{"acs:ram:*:" + c.Account() + ":*"} }

func providerResource(c *rpc.Call, name string) []string {
	return []string{"acs:ram:*:" + c.Account() + ":oidc-provider/" + name}
}

// spell gives a resource the spelling of the provider that it names.
func spell(ctx context.Context, c *rpc.Call, resource string) (string, error) {
	prefix, name, ok := strings.Cut(resource, "/")
	if !ok {
		return resource, nil
	}
	p, err := c.Directory.OIDCProvider(ctx, c.Account(), name)
	if refused := (*access.Error)(nil); errors.As(err, &refused) {
		return resource, nil
	}
	return prefix + "/" + p.Name, err
}

// withIssuer adds ram:OidcIssuerUrl, by which policies tell issuers apart.
type withIssuer struct {
	policy.Context
	issuer string
}

func (c withIssuer) Value(key string) (string, bool) {
	if key == "ram:oidcissuerurl" {
		return c.issuer, c.issuer != ""
	}
	return c.Context.Value(key)
}

// issuerOf is the condition key of a provider that exists. One that does not has
// no issuer; whoever may not ask is refused all the same.
func issuerOf(ctx context.Context, c *rpc.Call, name string) (policy.Context, error) {
	p, err := c.Directory.OIDCProvider(ctx, c.Account(), name)
	if refused := (*access.Error)(nil); errors.As(err, &refused) {
		err = nil
	}
	return withIssuer{c.Context, p.Issuer}, err
}

// named are the parameters of actions that are about one provider.
type named struct {
	OIDCProviderName string `param:",required"`
}

func (n named) resources(c *rpc.Call) []string { return providerResource(c, n.OIDCProviderName) }

type providerResponse struct{ OIDCProvider provider }

// provider is how answers describe one.
type provider struct {
	UpdateDate        time.Time
	Description       string
	OIDCProviderName  string
	CreateDate        time.Time
	ARN               string `param:"Arn"`
	IssuerURL         string `param:"IssuerUrl"`
	Fingerprints      string // separated by commas
	ClientIDs         string `param:"ClientIds"` // separated by commas
	GmtCreate         string // milliseconds since 1970
	GmtModified       string
	IssuanceLimitTime int // hours
}

func newProvider(p access.OIDCProvider) provider {
	return provider{
		UpdateDate: p.UpdateDate, Description: p.Description, OIDCProviderName: p.Name, CreateDate: p.CreateDate, ARN: p.ARN(),
		IssuerURL: p.Issuer, Fingerprints: strings.Join(p.Fingerprints, ","), ClientIDs: strings.Join(p.ClientIDs, ","),
		GmtCreate: milliseconds(p.CreateDate), GmtModified: milliseconds(p.UpdateDate),
		IssuanceLimitTime: int(p.IssuanceLimit / time.Hour),
	}
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// answer wraps what the Directory did.
func answer(p access.OIDCProvider, err error) (*providerResponse, error) {
	if err != nil {
		return nil, err
	}
	return &providerResponse{newProvider(p)}, nil
}

// split reads a list that is separated by commas.
func split(text string) (list []string) {
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// hours reads IssuanceLimitTime. Nil and zero stand for the default; what lies
// outside of all bounds becomes something that the Directory refuses, before a
// product of it could wrap around.
func hours(n *int) time.Duration {
	switch {
	case n == nil:
		return 0
	case *n <= 0 || *n > 1000:
		return -1
	}
	return time.Duration(*n) * time.Hour
}
