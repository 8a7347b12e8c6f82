package checks

import (
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// AssumeRole returns the credentials of a session of the role, which the user assumes
// through alibaba-cloud-sdk-go.
func (s Settings) AssumeRole() (Credentials, error) {
	client, err := sts.NewClientWithAccessKey(s.Region, s.User.ID, s.User.Secret)
	if err != nil {
		return Credentials{}, err
	}
	request := sts.CreateAssumeRoleRequest()
	request.RoleArn, request.RoleSessionName = s.Role, "conformance"
	if scheme, address, ok := strings.Cut(s.STSEndpoint, "://"); ok {
		request.Scheme, request.Domain = scheme, address
	}
	response, err := client.AssumeRole(request)
	if err != nil {
		return Credentials{}, err
	}
	issued := response.Credentials
	return Credentials{ID: issued.AccessKeyId, Secret: issued.AccessKeySecret, Token: issued.SecurityToken}, nil
}
