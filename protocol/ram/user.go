package ram

import (
	"time"

	"ossd/access"
)

// user is how answers describe one.
type user struct {
	UserID      string `param:"UserId"`
	UserName    string
	DisplayName string
	MobilePhone string
	Email       string
	Comments    string
	CreateDate  time.Time
	UpdateDate  time.Time // not in the answer to CreateUser
}

func newUser(u access.User) user {
	return user{
		UserID:      u.ID,
		UserName:    u.Name,
		DisplayName: u.DisplayName,
		MobilePhone: u.MobilePhone,
		Email:       u.Email,
		Comments:    u.Comments,
		CreateDate:  u.CreateDate,
		UpdateDate:  u.UpdateDate,
	}
}

type userResponse struct{ User user }
