"""Upload an object with the temporary credentials of a role session.

The key pair in the environment belongs to a RAM user who may do one thing only: ask
STS for a session of ROLE_ARN. The upload is signed with what STS answers. Without
OSS_ENDPOINT and STS_ENDPOINT the public services are meant.
"""

import json
import os

import oss2
from aliyunsdkcore import client
from aliyunsdksts.request.v20150401 import AssumeRoleRequest

REGION = "cn-hangzhou"


def assume_role():
    """Return the answer of STS as a dictionary; its "Credentials" are the session's."""
    clt = client.AcsClient(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        REGION,
    )
    req = AssumeRoleRequest.AssumeRoleRequest()
    req.set_accept_format("json")
    req.set_RoleArn(os.environ["ROLE_ARN"])
    req.set_RoleSessionName("session-name")
    if "STS_ENDPOINT" in os.environ:
        req.set_endpoint(os.environ["STS_ENDPOINT"])
    token = json.loads(clt.do_action(req))
    if "Credentials" not in token:
        # do_action returns a refusal like any other answer.
        raise SystemExit("STS refused: {Code}: {Message}".format(**token))
    return token


def main():
    token = assume_role()
    auth = oss2.StsAuth(
        token["Credentials"]["AccessKeyId"],
        token["Credentials"]["AccessKeySecret"],
        token["Credentials"]["SecurityToken"],
    )
    endpoint = os.environ.get("OSS_ENDPOINT", "oss-cn-hangzhou.aliyuncs.com")
    bucket = oss2.Bucket(auth, endpoint, os.environ["OSS_BUCKET"])
    bucket.put_object("object-name.txt", b"hello world")
    print("uploaded object-name.txt")


if __name__ == "__main__":
    main()
