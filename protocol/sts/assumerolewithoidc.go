package sts

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/internal/idtoken"
	"ossd/protocol/rpc"
)

type assumeRoleWithOIDCRequest struct {
	OIDCProviderARN string `param:"OIDCProviderArn,required"`
	RoleARN         string `param:"RoleArn,required"`
	OIDCToken       string
	RoleSessionName string `param:",required"`
	DurationSeconds string
	Policy          string
}

type assumeRoleWithOIDCResponse struct {
	OIDCTokenInfo oidcTokenInfo
	issuedSession
}

type oidcTokenInfo struct {
	Subject          string
	Issuer           string
	ClientIDs        string `param:"ClientIds"` // whom the token is for, separated by commas
	ExpirationTime   time.Time
	IssuanceTime     time.Time
	VerificationInfo string
}

// assumeRoleWithOIDC takes a token in place of a signature: whoever holds it is
// whom the identity provider says. The token is verified before anything is
// said about the role.
func assumeRoleWithOIDC(tokens *idtoken.Verifier) rpc.Action {
	return rpc.Define(rpc.Spec[assumeRoleWithOIDCRequest, assumeRoleWithOIDCResponse]{
		Product: product,
		Name:    "AssumeRoleWithOIDC",
		Resources: func(_ *rpc.Call, in *assumeRoleWithOIDCRequest) []string {
			return []string{in.RoleARN, in.OIDCProviderARN}
		},
		Unguarded: true,
		Anonymous: true,
		Do: func(ctx context.Context, c *rpc.Call, in *assumeRoleWithOIDCRequest) (*assumeRoleWithOIDCResponse, error) {
			duration, err := parseDuration(in.DurationSeconds)
			if err != nil {
				return nil, err
			}
			assume := access.AssumeRole{RoleARN: in.RoleARN, SessionName: in.RoleSessionName, Duration: duration, Policy: in.Policy}
			if err := assume.Check(); err != nil {
				return nil, err
			}
			provider, claims, err := in.verify(ctx, c, tokens)
			if err != nil {
				return nil, err
			}
			c.Vouched = policy.Principal{Type: policy.Federated, AccountID: provider.AccountID, ProviderName: provider.Name, Subject: claims.Subject}
			assume.Context = withClaims{c.Context, claims}
			issued, err := c.Directory.AssumeRoleWithOIDC(ctx, provider, claims.Subject, assume)
			if err != nil {
				return nil, refuseFederated(err)
			}
			return &assumeRoleWithOIDCResponse{
				OIDCTokenInfo: oidcTokenInfo{
					Subject: claims.Subject, Issuer: claims.Issuer, ClientIDs: strings.Join(claims.Audience, ","),
					ExpirationTime: claims.Expiry, IssuanceTime: claims.IssuedAt, VerificationInfo: "Success",
				},
				issuedSession: newIssuedSession(issued),
			}, nil
		},
	})
}

// verify holds the token against the identity provider that the request names.
func (in *assumeRoleWithOIDCRequest) verify(ctx context.Context, c *rpc.Call, tokens *idtoken.Verifier) (access.OIDCProvider, idtoken.Claims, error) {
	provider, err := c.Directory.FindOIDCProvider(ctx, in.OIDCProviderARN)
	if refusal := (*access.Error)(nil); errors.As(err, &refusal) && refusal.Kind == access.NotExist {
		return provider, idtoken.Claims{}, federatedNoPermission("No such OIDC Provider registered.")
	}
	if err != nil {
		return provider, idtoken.Claims{}, err
	}
	if in.OIDCToken == "" {
		return provider, idtoken.Claims{}, tokenError("Invalid", "The OIDCToken can not empty.")
	}
	claims, err := tokens.Verify(ctx, idtoken.Expected{
		Tenant: provider.AccountID, Issuer: provider.Issuer, Audiences: provider.ClientIDs,
		Fingerprints: provider.Fingerprints, MaxAge: provider.IssuanceLimit,
	}, in.OIDCToken)
	if refusal := (*idtoken.Error)(nil); errors.As(err, &refusal) {
		return provider, claims, refuseToken(refusal, provider.Issuer)
	}
	return provider, claims, err
}

// withClaims adds what a trust policy may ask of a token.
type withClaims struct {
	policy.Context
	claims idtoken.Claims
}

func (c withClaims) Value(key string) (string, bool) {
	switch key {
	case "oidc:iss":
		return c.claims.Issuer, true
	case "oidc:aud":
		return c.claims.ClientID, true
	case "oidc:sub":
		return c.claims.Subject, true
	}
	return c.Context.Value(key)
}

var algorithmName = regexp.MustCompile(`^[A-Za-z0-9-]{1,16}$`)

// refuseToken is the vendor's table of what may be wrong with a token ("STS error
// codes"), where it has a text.
func refuseToken(e *idtoken.Error, issuer string) *rpc.Error {
	refusal := tokenError("Invalid", "The Jwt content is invalid that cannot be recognized.")
	switch e.Reason {
	case idtoken.Malformed:
		switch e.Detail {
		case "not three parts":
			refusal.Message = "The number of Jwt field should be divided into 3 parts with '.' ."
		case "not base64":
			refusal.Message = "Cannot decode base64 encoded response(format invalided)."
		}
	case idtoken.Algorithm:
		if algorithmName.MatchString(e.Detail) {
			refusal.Message = "The algorithm " + e.Detail + " that be specified in Jwt header is unknown."
		}
	case idtoken.WrongIssuer:
		return tokenError("IssuerNotMatch", "The issuer in the OIDC Token doesn't match the OIDC Provider registered.")
	case idtoken.WrongAudience:
		return tokenError("AudienceNotMatch", "Invalid audience.")
	case idtoken.Expired:
		return tokenError("Expired", "This JsonWebToken is expired.")
	case idtoken.NotYet:
		refusal.Message = "This JsonWebToken is not valid yet."
	case idtoken.BadSignature:
		return tokenError("InvalidSignature", "OIDC token validate failed: invalid signature.")
	case idtoken.BadCertificate:
		refusal = tokenError("HttpsUrlInvalid", "The root ca certificate is not in ca whitelist of this url: "+issuer)
		refusal.Err = e
	case idtoken.Unavailable:
		refusal = tokenError("IssuerConfigurationBroken", "The configuration or the keys of the issuer cannot be read.")
		refusal.Err = e // what exactly failed is the operator's to know: it may tell about the network here
	case idtoken.Busy:
		return &rpc.Error{Code: "Throttling.Api", Message: "Request was denied due to api flow control.", Status: http.StatusBadRequest}
	}
	return refusal
}

func tokenError(code, message string) *rpc.Error {
	return &rpc.Error{Code: "AuthenticationFail.OIDCToken." + code, Message: message, Status: http.StatusUnauthorized}
}

func federatedNoPermission(message string) *rpc.Error {
	return &rpc.Error{Code: "AuthenticationFail.NoPermission", Message: message, Status: http.StatusUnauthorized}
}

// refuseFederated spells a lack of trust as the vendor does for tokens.
func refuseFederated(err error) error {
	refusal := (*access.Error)(nil)
	if !errors.As(err, &refusal) || refusal.Kind != access.NotPermitted {
		return err
	}
	denied := federatedNoPermission("There is no permission")
	denied.Decision = refusal.Decision
	return denied
}
