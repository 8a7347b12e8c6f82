// Command rpc checks STS and RAM through alibaba-cloud-sdk-go: a user, a group, a role
// and a policy made, used, and removed again.
//
// usage: rpc
//
// See package checks for the environment and for what it prints. STS_ENDPOINT stands
// for RAM as well: both are served at one address.
package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"ossd/conformance/golang/checks"
)

func main() {
	settings := checks.FromEnvironment()
	client, err := ram.NewClientWithAccessKey(settings.Region, settings.Owner.ID, settings.Owner.Secret)
	if err != nil {
		checks.Fatal(err)
	}
	name := checks.NewBucketName() // as good a name for the rest
	w := world{settings: settings, ram: client, name: name}
	var report checks.Report
	report.Check("AssumeRole", w.assumeRole)
	report.Check("GetCallerIdentity of the account, the user and a session", w.identities)
	report.Check("AssumeRole with a session policy", w.narrowedRole)
	report.Check("AssumeRole refused to the account", w.refusedRole)
	report.Check("a wrong secret refused", w.forgedIdentity)
	report.Check("CreateUser, GetUser", w.makeUser)
	report.Check("ListUsers in pages", w.listUsers)
	report.Check("CreateAccessKey, used for GetCallerIdentity", w.makeKey)
	report.Check("CreatePolicy, GetPolicy, AttachPolicyToUser, ListPoliciesForUser", w.makePolicy)
	report.Check("CreateRole, GetRole, AttachPolicyToRole", w.makeRole)
	report.Check("CreateGroup, AddUserToGroup, AttachPolicyToGroup, ListGroupsForUser, ListUsersForGroup", w.makeGroup)
	report.Check("CreatePolicyVersion, SetDefaultPolicyVersion, ListPolicyVersions", w.makeVersion)
	report.Check("GetAccessKeyLastUsed", w.lastUsed)
	report.Check("refusals have their codes", w.refusals)
	report.Check("all removed again", w.removeAll)
	report.Exit()
}

type world struct {
	settings checks.Settings
	ram      *ram.Client
	name     string
	key      string // the user's, to be removed
}

// place sends a request to the server; where there is no endpoint the SDK finds it.
func place[R requests.AcsRequest](w *world, request R) R {
	if scheme, address, ok := strings.Cut(w.settings.STSEndpoint, "://"); ok {
		request.SetScheme(scheme)
		request.SetDomain(address)
	}
	return request
}

func refused(err error, code string, status int) error {
	refusal, ok := errors.AsType[*sdkerrors.ServerError](err)
	if !ok {
		return fmt.Errorf("%v, want %s", err, code)
	}
	return errors.Join(checks.Equal("code", refusal.ErrorCode(), code), checks.Equal("status", refusal.HttpStatus(), status))
}

// identity returns who the server takes the holder of the credentials for.
func (w *world) identity(by checks.Credentials) (kind, arn string, err error) {
	client, err := sts.NewClientWithStsToken(w.settings.Region, by.ID, by.Secret, by.Token)
	if err != nil {
		return "", "", err
	}
	got, err := client.GetCallerIdentity(place(w, sts.CreateGetCallerIdentityRequest()))
	return got.IdentityType, got.Arn, err
}

func (w *world) assumeRole() error {
	session, err := w.settings.AssumeRole()
	if err == nil && (!strings.HasPrefix(session.ID, "STS.") || session.Secret == "" || session.Token == "") {
		err = errors.New("the credentials are not those of a session")
	}
	return err
}

func (w *world) identities() error {
	session, err := w.settings.AssumeRole()
	if err != nil {
		return err
	}
	for _, by := range []struct {
		checks.Credentials
		kind, suffix string
	}{
		{w.settings.Owner, "Account", ":root"},
		{w.settings.User, "RAMUser", ":user/uploader"},
		{session, "AssumedRoleUser", ":assumed-role/keeper/conformance"},
	} {
		kind, arn, err := w.identity(by.Credentials)
		if err := errors.Join(err, checks.Equal("IdentityType", kind, by.kind)); err != nil {
			return err
		}
		if !strings.HasSuffix(arn, by.suffix) {
			return fmt.Errorf("Arn %q does not end with %q", arn, by.suffix)
		}
	}
	return nil
}

// narrowedRole has a session policy that says nothing of STS, and GetCallerIdentity, which needs no permission.
func (w *world) narrowedRole() error {
	client, err := sts.NewClientWithAccessKey(w.settings.Region, w.settings.User.ID, w.settings.User.Secret)
	if err != nil {
		return err
	}
	assume := place(w, sts.CreateAssumeRoleRequest())
	assume.RoleArn, assume.RoleSessionName, assume.DurationSeconds = w.settings.Role, "narrowed", requests.NewInteger(900)
	assume.Policy = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"acs:oss:*:*:a b+c/*"}]}`
	got, err := client.AssumeRole(assume)
	if err != nil {
		return err
	}
	issued := got.Credentials
	kind, arn, err := w.identity(checks.Credentials{ID: issued.AccessKeyId, Secret: issued.AccessKeySecret, Token: issued.SecurityToken})
	if err := errors.Join(err, checks.Equal("IdentityType", kind, "AssumedRoleUser")); err != nil {
		return err
	}
	if !strings.HasSuffix(arn, ":assumed-role/keeper/narrowed") {
		return fmt.Errorf("Arn %q is not that of the session", arn)
	}
	assume.Policy = "no JSON"
	_, err = client.AssumeRole(assume)
	return refused(err, "InvalidParameter.PolicyGrammar", 400)
}

func (w *world) forgedIdentity() error {
	_, _, err := w.identity(checks.Credentials{ID: w.settings.User.ID, Secret: "wrong"})
	refusal, ok := errors.AsType[*sdkerrors.ServerError](err)
	if !ok {
		return fmt.Errorf("%v, want a refusal", err)
	}
	// The SDK says so of an answer whose string to sign is the one it used.
	if want := "InvalidAccessKeySecret"; !strings.HasPrefix(refusal.Recommend(), want) {
		return fmt.Errorf("%v, want it to recommend: %s", refusal, want)
	}
	return refused(err, "SignatureDoesNotMatch", 400)
}

func (w *world) refusedRole() error {
	settings := w.settings
	settings.User = settings.Owner
	_, err := settings.AssumeRole()
	return refused(err, "NoPermission", 403)
}

func (w *world) makeUser() error {
	create := place(w, ram.CreateCreateUserRequest())
	create.UserName, create.DisplayName, create.Comments = w.name, "Größe 大", "a + b & c=d"
	made, err := w.ram.CreateUser(create)
	if err != nil {
		return err
	}
	get := place(w, ram.CreateGetUserRequest())
	get.UserName = w.name
	got, err := w.ram.GetUser(get)
	if err := errors.Join(err, checks.Equal("UserId", got.User.UserId, made.User.UserId),
		checks.Equal("DisplayName", got.User.DisplayName, create.DisplayName),
		checks.Equal("Comments", got.User.Comments, create.Comments)); err != nil {
		return err
	}
	return nil
}

func (w *world) listUsers() error {
	found := map[string]bool{}
	list := place(w, ram.CreateListUsersRequest())
	list.MaxItems = requests.NewInteger(1)
	for {
		page, err := w.ram.ListUsers(list)
		if err := errors.Join(err, checks.Equal("users of a page", len(page.Users.User), 1)); err != nil {
			return err
		}
		user := page.Users.User[0].UserName
		if found[user] {
			return fmt.Errorf("user %s is on two pages", user)
		}
		found[user] = true
		if !page.IsTruncated {
			break
		}
		list.Marker = page.Marker
	}
	if !found[w.name] || !found["uploader"] {
		return fmt.Errorf("ListUsers lacks %s or uploader: %v", w.name, found)
	}
	return nil
}

func (w *world) makeKey() error {
	create := place(w, ram.CreateCreateAccessKeyRequest())
	create.UserName = w.name
	made, err := w.ram.CreateAccessKey(create)
	if err != nil {
		return err
	}
	w.key = made.AccessKey.AccessKeyId
	kind, arn, err := w.identity(checks.Credentials{ID: w.key, Secret: made.AccessKey.AccessKeySecret})
	if !strings.HasSuffix(arn, ":user/"+w.name) {
		err = errors.Join(err, fmt.Errorf("Arn %q is not that of user %s", arn, w.name))
	}
	return errors.Join(err, checks.Equal("IdentityType", kind, "RAMUser"))
}

func (w *world) makePolicy() error {
	create := place(w, ram.CreateCreatePolicyRequest())
	create.PolicyName, create.Description = w.name, "made by a check"
	create.PolicyDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}]}`
	if _, err := w.ram.CreatePolicy(create); err != nil {
		return err
	}
	get := place(w, ram.CreateGetPolicyRequest())
	get.PolicyName, get.PolicyType = w.name, "Custom"
	got, err := w.ram.GetPolicy(get)
	if err := errors.Join(err, checks.Equal("Description", got.Policy.Description, create.Description)); err != nil {
		return err
	}
	attach := place(w, ram.CreateAttachPolicyToUserRequest())
	attach.PolicyName, attach.PolicyType, attach.UserName = w.name, "Custom", w.name
	if _, err := w.ram.AttachPolicyToUser(attach); err != nil {
		return err
	}
	list := place(w, ram.CreateListPoliciesForUserRequest())
	list.UserName = w.name
	listed, err := w.ram.ListPoliciesForUser(list)
	if err := errors.Join(err, checks.Equal("policies", len(listed.Policies.Policy), 1)); err != nil {
		return err
	}
	return checks.Equal("PolicyName", listed.Policies.Policy[0].PolicyName, w.name)
}

func (w *world) makeRole() error {
	account := strings.Split(w.settings.Role, ":")[3]
	create := place(w, ram.CreateCreateRoleRequest())
	create.RoleName = w.name
	create.AssumeRolePolicyDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::` + account + `:root"]}}]}`
	made, err := w.ram.CreateRole(create)
	if err != nil {
		return err
	}
	get := place(w, ram.CreateGetRoleRequest())
	get.RoleName = w.name
	got, err := w.ram.GetRole(get)
	if err := errors.Join(err, checks.Equal("Arn", got.Role.Arn, made.Role.Arn)); err != nil {
		return err
	}
	attach := place(w, ram.CreateAttachPolicyToRoleRequest())
	attach.PolicyName, attach.PolicyType, attach.RoleName = w.name, "Custom", w.name
	_, err = w.ram.AttachPolicyToRole(attach)
	return err
}

func (w *world) makeGroup() error {
	create := place(w, ram.CreateCreateGroupRequest())
	create.GroupName, create.Comments = w.name, "made by a check"
	made, err := w.ram.CreateGroup(create)
	if err != nil {
		return err
	}
	add := place(w, ram.CreateAddUserToGroupRequest())
	add.GroupName, add.UserName = w.name, w.name
	if _, err := w.ram.AddUserToGroup(add); err != nil {
		return err
	}
	_, err = w.ram.AddUserToGroup(add)
	if err := refused(err, "EntityAlreadyExists.User.Group", 409); err != nil {
		return err
	}
	attach := place(w, ram.CreateAttachPolicyToGroupRequest())
	attach.PolicyName, attach.PolicyType, attach.GroupName = w.name, "Custom", w.name
	if _, err := w.ram.AttachPolicyToGroup(attach); err != nil {
		return err
	}
	of := place(w, ram.CreateListGroupsForUserRequest())
	of.UserName = w.name
	groups, err := w.ram.ListGroupsForUser(of)
	if err != nil || len(groups.Groups.Group) != 1 {
		return fmt.Errorf("ListGroupsForUser: %+v, %w", groups.Groups, err)
	}
	in := place(w, ram.CreateListUsersForGroupRequest())
	in.GroupName = w.name
	users, err := w.ram.ListUsersForGroup(in)
	if err != nil || len(users.Users.User) != 1 {
		return fmt.Errorf("ListUsersForGroup: %+v, %w", users.Users, err)
	}
	return errors.Join(checks.Equal("GroupId", groups.Groups.Group[0].GroupId, made.Group.GroupId),
		checks.Equal("UserName", users.Users.User[0].UserName, w.name))
}

func (w *world) makeVersion() error {
	create := place(w, ram.CreateCreatePolicyVersionRequest())
	create.PolicyName, create.SetAsDefault = w.name, requests.NewBoolean(true)
	create.PolicyDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:List*","Resource":"*"}]}`
	made, err := w.ram.CreatePolicyVersion(create)
	if err := errors.Join(err, checks.Equal("VersionId", made.PolicyVersion.VersionId, "v2"),
		checks.Equal("IsDefaultVersion", made.PolicyVersion.IsDefaultVersion, true)); err != nil {
		return err
	}
	back := place(w, ram.CreateSetDefaultPolicyVersionRequest())
	back.PolicyName, back.VersionId = w.name, "v1"
	if _, err := w.ram.SetDefaultPolicyVersion(back); err != nil {
		return err
	}
	list := place(w, ram.CreateListPolicyVersionsRequest())
	list.PolicyName, list.PolicyType = w.name, "Custom"
	listed, err := w.ram.ListPolicyVersions(list)
	if err != nil {
		return err
	}
	for _, v := range listed.PolicyVersions.PolicyVersion {
		if err := checks.Equal(v.VersionId+" is the default", v.IsDefaultVersion, v.VersionId == "v1"); err != nil {
			return err
		}
	}
	return checks.Equal("versions", len(listed.PolicyVersions.PolicyVersion), 2)
}

// lastUsed: makeKey has used the key. Of several nodes, one does not know at once what
// another has noted.
func (w *world) lastUsed() error {
	get := place(w, ram.CreateGetAccessKeyLastUsedRequest())
	get.UserName, get.UserAccessKeyId = w.name, w.key
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
		got, err := w.ram.GetAccessKeyLastUsed(get)
		if err != nil || got.AccessKeyLastUsed.LastUsedDate != "" {
			return err
		}
	}
	return errors.New("the key was used and has no LastUsedDate")
}

func (w *world) refusals() error {
	get := place(w, ram.CreateGetUserRequest())
	get.UserName = w.name + "-absent"
	_, absent := w.ram.GetUser(get)

	create := place(w, ram.CreateCreatePolicyRequest())
	create.PolicyName = w.name
	create.PolicyDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:Get*","Resource":"*"}]}`
	_, twice := w.ram.CreatePolicy(create)

	remove := place(w, ram.CreateDeletePolicyRequest())
	remove.PolicyName = w.name
	_, attached := w.ram.DeletePolicy(remove)

	user, err := ram.NewClientWithAccessKey(w.settings.Region, w.settings.User.ID, w.settings.User.Secret)
	if err != nil {
		return err
	}
	_, denied := user.ListUsers(place(w, ram.CreateListUsersRequest()))

	return errors.Join(refused(absent, "EntityNotExist.User", 404), refused(twice, "EntityAlreadyExists.Policy", 409),
		refused(attached, "DeleteConflict.Policy.User", 409), refused(denied, "NoPermission", 403))
}

func (w *world) removeAll() error {
	fromUser := place(w, ram.CreateDetachPolicyFromUserRequest())
	fromUser.PolicyName, fromUser.PolicyType, fromUser.UserName = w.name, "Custom", w.name
	_, userDetached := w.ram.DetachPolicyFromUser(fromUser)

	fromRole := place(w, ram.CreateDetachPolicyFromRoleRequest())
	fromRole.PolicyName, fromRole.PolicyType, fromRole.RoleName = w.name, "Custom", w.name
	_, roleDetached := w.ram.DetachPolicyFromRole(fromRole)

	fromGroup := place(w, ram.CreateDetachPolicyFromGroupRequest())
	fromGroup.PolicyName, fromGroup.PolicyType, fromGroup.GroupName = w.name, "Custom", w.name
	_, groupDetached := w.ram.DetachPolicyFromGroup(fromGroup)

	member := place(w, ram.CreateRemoveUserFromGroupRequest())
	member.GroupName, member.UserName = w.name, w.name
	_, memberRemoved := w.ram.RemoveUserFromGroup(member)

	group := place(w, ram.CreateDeleteGroupRequest())
	group.GroupName = w.name
	_, groupDeleted := w.ram.DeleteGroup(group)

	version := place(w, ram.CreateDeletePolicyVersionRequest())
	version.PolicyName, version.VersionId = w.name, "v2"
	_, versionDeleted := w.ram.DeletePolicyVersion(version)

	policy := place(w, ram.CreateDeletePolicyRequest())
	policy.PolicyName = w.name
	_, policyDeleted := w.ram.DeletePolicy(policy)

	key := place(w, ram.CreateDeleteAccessKeyRequest())
	key.UserName, key.UserAccessKeyId = w.name, w.key
	_, keyDeleted := w.ram.DeleteAccessKey(key)

	user := place(w, ram.CreateDeleteUserRequest())
	user.UserName = w.name
	_, userDeleted := w.ram.DeleteUser(user)

	role := place(w, ram.CreateDeleteRoleRequest())
	role.RoleName = w.name
	_, roleDeleted := w.ram.DeleteRole(role)

	if err := errors.Join(userDetached, roleDetached, groupDetached, memberRemoved, groupDeleted, versionDeleted, policyDeleted, keyDeleted, userDeleted, roleDeleted); err != nil {
		return err
	}
	get := place(w, ram.CreateGetUserRequest())
	get.UserName = w.name
	_, err := w.ram.GetUser(get)
	return refused(err, "EntityNotExist.User", 404)
}
