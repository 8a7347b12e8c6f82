package ram

import (
	"time"

	"ossd/access"
)

// role is how answers describe one.
type role struct {
	RoleID                   string `param:"RoleId"`
	RoleName                 string
	ARN                      string `param:"Arn"`
	Description              string
	AssumeRolePolicyDocument string `param:",omitempty"` // not in lists
	MaxSessionDuration       int    // seconds
	CreateDate               time.Time
	UpdateDate               time.Time // not in the answer to CreateRole
}

func newRole(r access.Role) role {
	return role{
		RoleID:                   r.ID,
		RoleName:                 r.Name,
		ARN:                      r.ARN(),
		Description:              r.Description,
		AssumeRolePolicyDocument: r.TrustPolicy,
		MaxSessionDuration:       int(r.MaxSessionDuration / time.Second),
		CreateDate:               r.CreateDate,
		UpdateDate:               r.UpdateDate,
	}
}

type roleResponse struct{ Role role }

// sessionDuration reads MaxSessionDuration. Absent is zero, which stands for the
// default; what lies outside of all bounds becomes something that the Directory
// refuses, before a product of it could wrap around.
func sessionDuration(seconds *int) time.Duration {
	switch {
	case seconds == nil:
		return 0
	case *seconds <= 0 || *seconds > 86400:
		return -1
	}
	return time.Duration(*seconds) * time.Second
}
