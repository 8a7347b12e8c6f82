"""Role sessions: who gets one, what it may do, and what becomes of a changed token."""

import calendar
import time

import requests
from aliyunsdksts.request.v20150401 import GetCallerIdentityRequest
from oss2.exceptions import AccessDenied

from world import Key, equal, new_name, refused, rpc_refused


def a_session_has_credentials_for_an_hour(w):
    answer = w.assume_role()
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("STS."), credentials["AccessKeyId"]
    expires = calendar.timegm(time.strptime(credentials["Expiration"], "%Y-%m-%dT%H:%M:%SZ"))
    assert abs(expires - time.time() - 3600) < 60, credentials["Expiration"]
    equal(answer["AssumedRoleUser"]["Arn"], w.role_arn + "/session-name")
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":session-name"), answer["AssumedRoleUser"]
    assert answer["RequestId"], "no request id"


def a_session_lasts_as_long_as_asked(w):
    expiration = w.assume_role(seconds=900)["Credentials"]["Expiration"]
    expires = calendar.timegm(time.strptime(expiration, "%Y-%m-%dT%H:%M:%SZ"))
    assert abs(expires - time.time() - 900) < 60, expiration


def caller_identity_names_account_and_user(w):
    answer = w.rpc(GetCallerIdentityRequest.GetCallerIdentityRequest(), w.owner)
    equal((answer["IdentityType"], answer["AccountId"]), ("Account", w.account))
    equal(answer["Arn"], "acs:ram::%s:root" % w.account)
    answer = w.rpc(GetCallerIdentityRequest.GetCallerIdentityRequest(), w.user)
    equal((answer["IdentityType"], answer["AccountId"]), ("RAMUser", w.account))


def who_may_not_assume_a_role(w):
    absent = "acs:ram::%s:role/absent" % w.account
    rpc_refused("NoPermission", 403, w.assume_role, key=w.owner)
    rpc_refused("NoPermission", 403, w.assume_role, key=w.stranger)
    rpc_refused("EntityNotExist.Role", 404, w.assume_role, arn=absent)
    rpc_refused("InvalidAccessKeyId.NotFound", 404, w.assume_role, key=Key("LTAI5tNobodyHasThisKey00", "secret"))
    # The code is the SDK's own, for an answer whose string to sign is the one it used.
    rpc_refused("InvalidAccessKeySecret", 400, w.assume_role, key=Key(w.user.id, w.user.secret[::-1]))


def what_is_no_proper_role_session(w):
    refuse = rpc_refused
    refuse("InvalidParameter.RoleArn", 400, w.assume_role, arn="role/uploader")
    refuse("InvalidParameter.RoleSessionName", 400, w.assume_role, name="with space")
    refuse("InvalidParameter.DurationSeconds", 400, w.assume_role, seconds=899)
    refuse("InvalidParameter.DurationSeconds", 400, w.assume_role, seconds=43201)
    refuse("InvalidParameter.PolicyGrammar", 400, w.assume_role, policy="no JSON")
    refuse("InvalidParameter.PolicySize", 400, w.assume_role, policy="x" * 2049)


def a_session_may_do_what_its_role_may(w):
    with w.new_bucket() as bucket:
        ours = w.bucket(bucket.bucket_name, w.session())
        ours.put_object("object-name.txt", b"hello world")
        equal(ours.get_object("object-name.txt").read(), b"hello world")
        equal([found.key for found in ours.list_objects().object_list], ["object-name.txt"])
        refused(AccessDenied, ours.delete_object, "object-name.txt")
        refused(AccessDenied, ours.delete_bucket)
        refused(AccessDenied, w.service(w.session()).list_buckets)
        refused(AccessDenied, w.bucket(new_name(), w.session()).create_bucket)


def a_session_policy_narrows_the_role(w):
    with w.new_bucket() as bucket:
        bucket.put_object("public/a", b"content")
        bucket.put_object("secret/a", b"content")
        ours = w.bucket(bucket.bucket_name, w.session(_allow("oss:GetObject", bucket, "/public/*")))
        equal(ours.get_object("public/a").read(), b"content")
        refused(AccessDenied, ours.get_object, "secret/a")
        refused(AccessDenied, ours.put_object, "public/a", b"defaced")
        refused(AccessDenied, ours.list_objects)


def a_session_policy_adds_nothing_to_the_role(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        ours = w.bucket(bucket.bucket_name, w.session(_allow("oss:*", bucket, "/*")))
        equal(ours.get_object("object").read(), b"content")
        refused(AccessDenied, ours.delete_object, "object")


def a_session_signs_urls(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        session = w.session(_allow("oss:GetObject", bucket, "/object"))
        url = w.bucket(bucket.bucket_name, session).sign_url("GET", "object", 60)
        response = requests.get(url, timeout=10)
        equal((response.status_code, response.content), (200, b"content"))
        url = w.bucket(bucket.bucket_name, session).sign_url("GET", "other", 60)
        equal(requests.get(url, timeout=10).status_code, 403)


def a_changed_token_is_refused(w):
    credentials = w.assume_role()["Credentials"]
    token = credentials["SecurityToken"]
    with w.new_bucket() as bucket:
        for place in (0, len(token) // 2, len(token) - 5):
            changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            theirs = w.bucket(bucket.bucket_name, w.session_auth(dict(credentials, SecurityToken=changed)))
            refused((403, "InvalidSecurityToken"), theirs.list_objects)


def a_session_key_without_its_token_is_refused(w):
    credentials = w.assume_role()["Credentials"]
    with w.new_bucket() as bucket:
        bare = w.auth(Key(credentials["AccessKeyId"], credentials["AccessKeySecret"]))
        refused((403, "InvalidAccessKeyId"), w.bucket(bucket.bucket_name, bare).list_objects)


def a_token_of_another_session_is_refused(w):
    first, second = w.assume_role()["Credentials"], w.assume_role()["Credentials"]
    with w.new_bucket() as bucket:
        mixed = dict(first, SecurityToken=second["SecurityToken"])
        theirs = w.bucket(bucket.bucket_name, w.session_auth(mixed))
        # Both names of this refusal are documented.
        try:
            refused((403, "InvalidSecurityToken"), theirs.list_objects)
        except AssertionError:
            refused((403, "AccessKeyIdAndSecurityTokenNotMatch"), theirs.list_objects)


def a_token_with_a_permanent_key_is_refused(w):
    credentials = w.assume_role()["Credentials"]
    with w.new_bucket() as bucket:
        mixed = dict(credentials, AccessKeyId=w.owner.id, AccessKeySecret=w.owner.secret)
        theirs = w.bucket(bucket.bucket_name, w.session_auth(mixed))
        refused((403, "SecurityTokenNotSupported"), theirs.list_objects)


def _allow(action, bucket, suffix):
    resource = "acs:oss:*:*:" + bucket.bucket_name + suffix
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
