package sts

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"ossd/access"
	"ossd/access/policy"
	"ossd/protocol/rpc"
)

type assumeRoleRequest struct {
	RoleARN         string `param:"RoleArn,required"`
	RoleSessionName string `param:",required"`
	DurationSeconds string // a number; text, so that STS can refuse it in its own words
	Policy          string
	ExternalID      string `param:"ExternalId"`
	SourceIdentity  string
}

type assumeRoleResponse struct {
	issuedSession
	SourceIdentity string `param:",omitempty"`
}

// issuedSession is what every action answers that begins one.
type issuedSession struct {
	AssumedRoleUser assumedRoleUser
	Credentials     credentials
}

type assumedRoleUser struct {
	ARN           string `param:"Arn"` // acs:ram::ACCOUNT:role/ROLE/SESSION
	AssumedRoleID string `param:"AssumedRoleId"`
}

type credentials struct {
	AccessKeyID     string `param:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      time.Time
}

// assumeRole is unguarded here since trust policy and caller permission are one
// decision, which the Directory takes together with the role it reads.
var assumeRole = rpc.Define(rpc.Spec[assumeRoleRequest, assumeRoleResponse]{
	Product:   product,
	Name:      "AssumeRole",
	Resources: func(_ *rpc.Call, in *assumeRoleRequest) []string { return []string{in.RoleARN} },
	Unguarded: true,
	Do: func(ctx context.Context, c *rpc.Call, in *assumeRoleRequest) (*assumeRoleResponse, error) {
		duration, err := in.check()
		if err != nil {
			return nil, err
		}
		issued, err := c.Directory.AssumeRole(ctx, c.Caller, access.AssumeRole{
			RoleARN:     in.RoleARN,
			SessionName: in.RoleSessionName,
			Duration:    duration,
			Policy:      in.Policy,

			SourceIdentity: in.SourceIdentity,
			Context:        withExternalID{c.Context, in.ExternalID},
		})
		if err != nil {
			return nil, err
		}
		return &assumeRoleResponse{newIssuedSession(issued), issued.SourceIdentity}, nil
	},
})

func newIssuedSession(issued access.IssuedSession) issuedSession {
	return issuedSession{
		AssumedRoleUser: assumedRoleUser{
			ARN:           issued.Role.ARN() + "/" + issued.SessionName,
			AssumedRoleID: issued.Role.ID + ":" + issued.SessionName,
		},
		Credentials: credentials{
			AccessKeyID:     issued.AccessKeyID,
			AccessKeySecret: issued.AccessKeySecret,
			SecurityToken:   issued.SecurityToken,
			Expiration:      issued.Expiration,
		},
	}
}

var externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]*$`)

// check refuses what the Directory does not look at.
func (in *assumeRoleRequest) check() (duration time.Duration, err error) {
	if n := len(in.ExternalID); n > 0 && (n < 2 || n > 1224 || !externalID.MatchString(in.ExternalID)) {
		return 0, parameterError("ExternalId")
	}
	return parseDuration(in.DurationSeconds)
}

func parseDuration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil // the Directory's default
	}
	// No role allows more than 43200; and a huge number, multiplied, could wrap
	// around into the valid range.
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 900 || seconds > 43200 {
		return 0, parameterError("DurationSeconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// withExternalID adds sts:ExternalId, by which a role's trust policy tells the
// customers of one trusted account apart.
type withExternalID struct {
	policy.Context
	externalID string
}

func (c withExternalID) Value(key string) (string, bool) {
	if key == "sts:externalid" {
		return c.externalID, c.externalID != ""
	}
	return c.Context.Value(key)
}
