"""STS through aliyunsdksts: what aliyunsdkcore makes of answers and of refusals."""

from unittest import mock

from aliyunsdkcore.auth.signers.access_key_signer import AccessKeySigner
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

from world import Key, equal, rpc_refused

_POLICY = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:Get*", "Resource": "acs:oss:*:*:a b+c/*"}]}


def assume_role_with_a_session_policy(w):
    answer = w.assume_role(policy=_POLICY, seconds=900)
    credentials = answer["Credentials"]
    by = Key(credentials["AccessKeyId"], credentials["AccessKeySecret"])
    identity = w.rpc(GetCallerIdentityRequest(), by, credentials["SecurityToken"])
    equal((identity["IdentityType"], identity["AccountId"]), ("AssumedRoleUser", w.account))
    assert identity["Arn"].endswith(":assumed-role/upload/session-name"), identity["Arn"]


def a_wrong_secret_is_told_from_a_wrong_request(w):
    # The SDK looks behind the colon of the message for the string that it signed itself.
    forged = Key(w.user.id, w.user.secret[::-1])
    rpc_refused("InvalidAccessKeySecret", 400, w.rpc, GetCallerIdentityRequest(), forged)

    sign = AccessKeySigner.sign

    def changed_on_its_way(signer, region, request):
        headers, url = sign(signer, region, request)
        return headers, url.replace("session-name", "other-name")

    with mock.patch.object(AccessKeySigner, "sign", changed_on_its_way):
        error = rpc_refused("SignatureDoesNotMatch", 400, w.assume_role)
    assert "server string to sign is:POST&%2F&" in error.get_error_msg(), error.get_error_msg()


def a_late_clock_is_refused(w):
    clock = "aliyunsdkcore.auth.composer.rpc_signature_composer.helper.get_iso_8061_date"
    with mock.patch(clock, lambda: "2020-02-02T02:02:02Z"):
        rpc_refused("InvalidTimeStamp.Expired", 400, w.rpc, GetCallerIdentityRequest())
