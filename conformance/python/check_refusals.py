"""Who may not: unknown, forged, late and foreign callers."""

import datetime
import time
from email.utils import formatdate
from unittest import mock

import oss2
from oss2.exceptions import AccessDenied, InvalidArgument, SignatureDoesNotMatch

from world import Key, equal, only, refused


def an_unknown_key_is_refused(w):
    with w.new_bucket() as bucket:
        unknown = w.auth(Key("LTAI5tNobodyHasThisKey00", w.owner.secret))
        refused((403, "InvalidAccessKeyId"), w.bucket(bucket.bucket_name, unknown).list_objects)


def a_wrong_secret_is_refused(w):
    with w.new_bucket() as bucket:
        forged = w.auth(Key(w.owner.id, w.owner.secret[::-1]))
        error = refused(SignatureDoesNotMatch, w.bucket(bucket.bucket_name, forged).list_objects)
        assert w.owner.secret not in str(error.body), "the answer holds the secret"


def a_clock_twenty_minutes_off_is_refused(w):
    with w.new_bucket() as bucket:
        for minutes in (-20, 20):
            offset = datetime.timedelta(minutes=minutes)
            date = formatdate(time.time() + offset.total_seconds(), usegmt=True)
            # V1 asks the first clock of oss2, V4 the second.
            with mock.patch("oss2.utils.http_date", lambda: date), mock.patch("oss2.auth.datetime") as clock:
                clock.utcnow.return_value = datetime.datetime.now(datetime.timezone.utc) + offset
                error = refused((403, "RequestTimeTooSkewed"), bucket.list_objects)
            equal(error.details["MaxAllowedSkewMilliseconds"], "900000")


@only("v4")  # a V1 signature names no region
def another_region_s_signature_is_refused(w):
    with w.new_bucket() as bucket:
        abroad = w.bucket(bucket.bucket_name, region="cn-beijing")
        refused(InvalidArgument, abroad.list_objects)


def another_account_is_refused(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        theirs = w.bucket(bucket.bucket_name, w.auth(w.stranger))
        _everything_is_denied(theirs)
        equal(bucket.get_object("object").read(), b"content")


def a_user_without_a_policy_is_refused(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        _everything_is_denied(w.bucket(bucket.bucket_name, w.auth(w.user)))
        refused(AccessDenied, w.service(w.auth(w.user)).list_buckets)


def the_public_reads_only_what_is_public(w):
    nobody = oss2.AnonymousAuth()
    with w.new_bucket() as private, w.new_bucket(oss2.BUCKET_ACL_PUBLIC_READ) as public:
        for bucket in (private, public):
            bucket.put_object("object", b"content")
        equal(w.bucket(public.bucket_name, nobody).get_object("object").read(), b"content")
        refused(AccessDenied, w.bucket(public.bucket_name, nobody).put_object, "object", b"defaced")
        refused(AccessDenied, w.bucket(private.bucket_name, nobody).get_object, "object")
        equal(public.get_object("object").read(), b"content")


def _everything_is_denied(bucket):
    """bucket holds "object"; its auth is that of somebody without rights."""
    for call in (
        bucket.get_bucket_info,
        bucket.get_bucket_acl,
        bucket.get_bucket_location,
        bucket.list_objects,
        bucket.list_objects_v2,
        bucket.delete_bucket,
        lambda: bucket.get_object("object"),
        lambda: bucket.head_object("object"),
        lambda: bucket.get_object_meta("object"),
        lambda: bucket.put_object("object", b"defaced"),
        lambda: bucket.delete_object("object"),
        lambda: bucket.batch_delete_objects(["object", "absent"]),
        lambda: bucket.copy_object(bucket.bucket_name, "object", "copy"),
        lambda: bucket.get_object_acl("object"),
        lambda: bucket.put_object_acl("object", oss2.OBJECT_ACL_PUBLIC_READ),
        lambda: bucket.get_object("absent"),
    ):
        refused(AccessDenied, call)
