"""Where the server under test is, who may call it, and how oss2 is told so.

Every value comes from the environment, so that the checks run alike against an
address and under the public names. Who they are is declared in
../testdata/bootstrap.yaml.

    OSS_ENDPOINT, STS_ENDPOINT   absent: the public names
    OSS_REGION                   cn-hangzhou
    OSSD_TEST_OWNER_ID, _SECRET     key of the account that owns the buckets
    OSSD_TEST_USER_ID, _SECRET      key of its RAM user, who may only assume roles
    OSSD_TEST_STRANGER_ID, _SECRET  key of another account
    ROLE_ARN                     role of the first account; reaches conformance-* buckets
"""

import collections
import contextlib
import json
import os
import uuid
from xml.etree import ElementTree

import oss2
from aliyunsdkcore import client
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdksts.request.v20150401 import AssumeRoleRequest

Key = collections.namedtuple("Key", "id secret")


class World:
    """The server, seen with one signature version: "v1", "v2" or "v4"; "rpc" if OSS is not asked."""

    def __init__(self, version):
        self.version = version
        self.endpoint = os.environ.get("OSS_ENDPOINT", "oss-cn-hangzhou.aliyuncs.com")
        self.region = os.environ.get("OSS_REGION", "cn-hangzhou")
        self.role_arn = os.environ["ROLE_ARN"]
        self.account = self.role_arn.split(":")[3]
        self.owner = _key("OWNER")
        self.user = _key("USER")
        self.stranger = _key("STRANGER")

    def auth(self, key):
        return {"v1": oss2.Auth, "v2": oss2.AuthV2, "v4": oss2.AuthV4}[self.version](*key)

    def session_auth(self, credentials):
        """The auth of a role session, from "Credentials" of an AssumeRole answer."""
        return oss2.StsAuth(
            credentials["AccessKeyId"],
            credentials["AccessKeySecret"],
            credentials["SecurityToken"],
            auth_version=self.version,
        )

    def service(self, auth=None):
        return oss2.Service(auth or self.auth(self.owner), self.endpoint, region=self.region)

    def bucket(self, name, auth=None, region=None):
        return oss2.Bucket(
            auth or self.auth(self.owner), self.endpoint, name, region=region or self.region
        )

    @contextlib.contextmanager
    def new_bucket(self, permission=None):
        """A bucket of the owner with a name of its own, removed at the end."""
        bucket = self.bucket(new_name())
        bucket.create_bucket(permission)
        try:
            yield bucket
        finally:
            for listed in oss2.ObjectIterator(bucket):
                bucket.delete_object(listed.key)
            bucket.delete_bucket()

    def rpc(self, request, key=None, token=None):
        """Send a request of STS or RAM and return the answer; refusals are ServerExceptions.

        STS_ENDPOINT stands for RAM as well: both are served at one address.
        """
        request.set_accept_format("json")
        if "STS_ENDPOINT" in os.environ:
            request.set_endpoint(os.environ["STS_ENDPOINT"])
        if token is not None:
            acs = client.AcsClient(region_id=self.region, credential=StsTokenCredential(*key, token))
        else:
            acs = client.AcsClient(*(key or self.user), self.region)
        return json.loads(acs.do_action_with_exception(request))

    def assume_role(self, key=None, arn=None, name="session-name", policy=None, seconds=None):
        request = AssumeRoleRequest.AssumeRoleRequest()
        request.set_RoleArn(arn or self.role_arn)
        request.set_RoleSessionName(name)
        if policy is not None:
            request.set_Policy(policy if isinstance(policy, str) else json.dumps(policy))
        if seconds is not None:
            request.set_DurationSeconds(seconds)
        return self.rpc(request, key)

    def session(self, policy=None):
        return self.session_auth(self.assume_role(policy=policy)["Credentials"])


def new_name():
    return "conformance-" + uuid.uuid4().hex[:12]


def refused(expected, call, *args, **kwargs):
    """Assert that call raises the expected error of oss2, and return the error.

    expected is a class of oss2.exceptions or, for codes without one, (status, code).
    """
    try:
        call(*args, **kwargs)
    except oss2.exceptions.OssError as error:
        if isinstance(expected, tuple):
            assert (error.status, error.code) == expected, "%s, want %s" % (error, expected)
        else:
            assert isinstance(error, expected), "%s, want %s" % (error, expected.__name__)
        return error
    raise AssertionError("accepted, want %s" % (expected,))


def rpc_refused(code, status, call, *args, **kwargs):
    """Assert that call raises aliyunsdkcore's error with this code, and return the error."""
    try:
        call(*args, **kwargs)
    except ServerException as error:
        equal((error.get_error_code(), error.get_http_status()), (code, status))
        return error
    raise AssertionError("accepted, want %s" % code)


def error_code(response):
    """The code in the body of an answer that requests received; "" if there is none."""
    if not response.content:
        return ""
    return ElementTree.fromstring(response.content).findtext("Code")


def only(version):
    """Mark a check that has a meaning for one signature version alone."""

    def mark(check):
        check.only = version
        return check

    return mark


def equal(got, want):
    assert got == want, "got %r, want %r" % (got, want)


def _key(who):
    prefix = "OSSD_TEST_" + who
    return Key(os.environ[prefix + "_ID"], os.environ[prefix + "_SECRET"])
