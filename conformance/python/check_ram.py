"""RAM through aliyunsdkram: lives of users, groups, policies and roles, and refusals."""

import contextlib
import importlib
import json

from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

from world import Key, equal, new_name, rpc_refused

_GET = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:Get*", "Resource": "*"}]})
_LIST = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:List*", "Resource": "*"}]})


def a_user_is_made_found_and_changed(w):
    with _user(w) as name:
        made = _ram(w, "GetUser", UserName=name)["User"]
        equal((made["DisplayName"], made["Comments"]), ("Größe 大", "a + b & c=d"))
        _ram(w, "UpdateUser", UserName=name, NewUserName=name, NewDisplayName="~*'()")
        equal(_ram(w, "GetUser", UserName=name)["User"]["DisplayName"], "~*'()")


def a_key_of_a_user_signs_until_it_is_inactive(w):
    with _user(w) as name:
        made = _ram(w, "CreateAccessKey", UserName=name)["AccessKey"]
        by = Key(made["AccessKeyId"], made["AccessKeySecret"])
        equal(w.rpc(GetCallerIdentityRequest(), by)["Arn"], "acs:ram::%s:user/%s" % (w.account, name))
        _ram(w, "UpdateAccessKey", UserName=name, UserAccessKeyId=by.id, Status="Inactive")
        rpc_refused("InvalidAccessKeyId.Inactive", 400, w.rpc, GetCallerIdentityRequest(), by)
        listed = _ram(w, "ListAccessKeys", UserName=name)["AccessKeys"]["AccessKey"]
        equal([(key["AccessKeyId"], key["Status"]) for key in listed], [(by.id, "Inactive")])
        rpc_refused("DeleteConflict.User.AccessKey", 409, _ram, w, "DeleteUser", UserName=name)
        _ram(w, "DeleteAccessKey", UserName=name, UserAccessKeyId=by.id)


def users_are_listed_in_pages(w):
    with _user(w) as first, _user(w) as second:
        found, marker = [], None
        while True:
            page = _ram(w, "ListUsers", MaxItems=1, **({"Marker": marker} if marker else {}))
            equal(len(page["Users"]["User"]), 1)
            found += [user["UserName"] for user in page["Users"]["User"]]
            if not page["IsTruncated"]:
                break
            marker = page["Marker"]
        assert {first, second, "uploader"} <= set(found), found
        equal(len(found), len(set(found)))


def a_user_is_in_a_group(w):
    with _user(w) as user, _group(w) as group:
        _ram(w, "AddUserToGroup", UserName=user, GroupName=group)
        equal([one["GroupName"] for one in _ram(w, "ListGroupsForUser", UserName=user)["Groups"]["Group"]], [group])
        equal([one["UserName"] for one in _ram(w, "ListUsersForGroup", GroupName=group)["Users"]["User"]], [user])
        rpc_refused("DeleteConflict.Group.User", 409, _ram, w, "DeleteGroup", GroupName=group)
        _ram(w, "RemoveUserFromGroup", UserName=user, GroupName=group)


def a_policy_has_versions(w):
    with _policy(w) as name:
        made = _ram(w, "CreatePolicyVersion", PolicyName=name, PolicyDocument=_LIST, SetAsDefault=False)["PolicyVersion"]
        equal((made["VersionId"], made["IsDefaultVersion"]), ("v2", False))
        equal(_default(w, name), ("v1", _GET))
        _ram(w, "SetDefaultPolicyVersion", PolicyName=name, VersionId="v2")
        equal(_default(w, name), ("v2", _LIST))
        listed = _ram(w, "ListPolicyVersions", PolicyType="Custom", PolicyName=name)["PolicyVersions"]["PolicyVersion"]
        equal({one["VersionId"]: one["IsDefaultVersion"] for one in listed}, {"v1": False, "v2": True})
        rpc_refused("DeleteConflict.Policy.Version", 409, _ram, w, "DeletePolicy", PolicyName=name)
        _ram(w, "DeletePolicyVersion", PolicyName=name, VersionId="v1")


def a_policy_is_attached_to_user_group_and_role(w):
    with _policy(w) as policy, _user(w) as user, _group(w) as group, _role(w) as role:
        for kind, name in (("User", user), ("Group", group), ("Role", role)):
            what = {"PolicyType": "Custom", "PolicyName": policy, kind + "Name": name}
            _ram(w, "AttachPolicyTo" + kind, **what)
            rpc_refused("EntityAlreadyExists.%s.Policy" % kind, 409, _ram, w, "AttachPolicyTo" + kind, **what)
            listed = _ram(w, "ListPoliciesFor" + kind, **{kind + "Name": name})["Policies"]["Policy"]
            equal([one["PolicyName"] for one in listed], [policy])
            rpc_refused("DeleteConflict.Policy." + kind, 409, _ram, w, "DeletePolicy", PolicyName=policy)
            _ram(w, "DetachPolicyFrom" + kind, **what)
            rpc_refused("EntityNotExist.%s.Policy" % kind, 404, _ram, w, "DetachPolicyFrom" + kind, **what)


def a_new_role_is_assumed(w):
    with _role(w) as name:
        role = _ram(w, "GetRole", RoleName=name)["Role"]
        equal(role["Arn"], "acs:ram::%s:role/%s" % (w.account, name))
        equal(w.assume_role(arn=role["Arn"])["AssumedRoleUser"]["Arn"], role["Arn"] + "/session-name")


def refusals_have_their_codes(w):
    absent = new_name()
    rpc_refused("EntityNotExist.User", 404, _ram, w, "GetUser", UserName=absent)
    rpc_refused("EntityNotExist.Role", 404, _ram, w, "DeleteRole", RoleName=absent)
    with _policy(w) as name:
        rpc_refused("EntityAlreadyExists.Policy", 409, _ram, w, "CreatePolicy", PolicyName=name, PolicyDocument=_GET)
    rpc_refused("InvalidParameter.UserName.InvalidChars", 400, _ram, w, "CreateUser", UserName="a/b")
    rpc_refused("NoPermission", 403, _ram, w, "CreateUser", key=w.user, UserName=absent)
    rpc_refused("EntityNotExist.User", 404, _ram, w, "GetUser", UserName=absent)


def _ram(w, action, key=None, **parameters):
    """Send a request of the class that the SDK has for the action; by the account unless key says so."""
    module = importlib.import_module("aliyunsdkram.request.v20150501.%sRequest" % action)
    request = getattr(module, action + "Request")()
    for name, value in parameters.items():
        getattr(request, "set_" + name)(value)
    return w.rpc(request, key or w.owner)


def _default(w, policy):
    version = _ram(w, "GetPolicy", PolicyType="Custom", PolicyName=policy)["DefaultPolicyVersion"]
    return version["VersionId"], version["PolicyDocument"]


@contextlib.contextmanager
def _made(w, kind, **parameters):
    """One of these with a name of its own, removed at the end."""
    name = new_name()
    _ram(w, "Create" + kind, **{kind + "Name": name}, **parameters)
    try:
        yield name
    finally:
        _ram(w, "Delete" + kind, **{kind + "Name": name})


def _user(w):
    return _made(w, "User", DisplayName="Größe 大", Comments="a + b & c=d")


def _group(w):
    return _made(w, "Group")


def _policy(w):
    return _made(w, "Policy", PolicyDocument=_GET)


def _role(w):
    principal = {"RAM": ["acs:ram::%s:root" % w.account]}
    trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
    return _made(w, "Role", AssumeRolePolicyDocument=json.dumps(trust))
