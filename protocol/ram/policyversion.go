package ram

import (
	"time"

	"ossd/access"
)

// policyVersion is how answers describe one.
type policyVersion struct {
	VersionID        string `param:"VersionId"`
	IsDefaultVersion bool
	PolicyDocument   string
	CreateDate       time.Time
}

func newPolicyVersion(v access.PolicyVersion) policyVersion {
	return policyVersion{VersionID: v.ID, IsDefaultVersion: v.Default, PolicyDocument: v.Document, CreateDate: v.CreateDate}
}

type policyVersionResponse struct{ PolicyVersion policyVersion }

// customVersionRequest names a version to change: only custom policies have such.
type customVersionRequest struct {
	customPolicyRequest
	VersionID string `param:"VersionId,required"`
}
