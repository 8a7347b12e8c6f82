"""Buckets: made, listed, described and removed by their owner."""

import time

import oss2
from oss2.exceptions import BucketNotEmpty, NoSuchBucket

from world import equal, new_name, refused


def a_new_bucket_is_private_and_listed(w):
    with w.new_bucket() as bucket:
        equal(bucket.get_bucket_acl().acl, oss2.BUCKET_ACL_PRIVATE)
        listed = w.service().list_buckets(prefix=bucket.bucket_name).buckets
        equal([b.name for b in listed], [bucket.bucket_name])
        equal(listed[0].location, "oss-" + w.region)
        equal(listed[0].storage_class, oss2.BUCKET_STORAGE_CLASS_STANDARD)
        assert abs(listed[0].creation_date - time.time()) < 60, listed[0].creation_date
        assert listed[0].extranet_endpoint, "no extranet endpoint"
        assert listed[0].intranet_endpoint, "no intranet endpoint"


def buckets_are_listed_page_by_page_in_order(w):
    with w.new_bucket() as a, w.new_bucket() as b, w.new_bucket() as c:
        want = sorted(bucket.bucket_name for bucket in (a, b, c))
        pages = oss2.BucketIterator(w.service(), prefix="conformance-", max_keys=1)
        names = [bucket.name for bucket in pages]
        equal(names, sorted(names))
        equal([name for name in names if name in want], want)


def only_the_caller_s_buckets_are_listed(w):
    with w.new_bucket() as bucket:
        service = w.service(w.auth(w.stranger))
        equal(service.list_buckets(prefix=bucket.bucket_name).buckets, [])


def a_bucket_takes_the_acl_it_is_made_with(w):
    with w.new_bucket(oss2.BUCKET_ACL_PUBLIC_READ) as bucket:
        equal(bucket.get_bucket_acl().acl, oss2.BUCKET_ACL_PUBLIC_READ)


def a_bucket_gets_another_acl(w):
    with w.new_bucket() as bucket:
        for acl in (oss2.BUCKET_ACL_PUBLIC_READ_WRITE, oss2.BUCKET_ACL_PUBLIC_READ, oss2.BUCKET_ACL_PRIVATE):
            bucket.put_bucket_acl(acl)
            equal(bucket.get_bucket_acl().acl, acl)
        refused((400, "InvalidArgument"), bucket.put_bucket_acl, "everything")
        theirs = w.bucket(bucket.bucket_name, w.auth(w.stranger))
        refused((409, "BucketAlreadyExists"), theirs.put_bucket_acl, oss2.BUCKET_ACL_PUBLIC_READ)
        equal(bucket.get_bucket_acl().acl, oss2.BUCKET_ACL_PRIVATE)


def bucket_info_describes_the_bucket(w):
    with w.new_bucket(oss2.BUCKET_ACL_PUBLIC_READ) as bucket:
        info = bucket.get_bucket_info()
        equal(info.name, bucket.bucket_name)
        equal(info.location, "oss-" + w.region)
        equal(info.acl.grant, oss2.BUCKET_ACL_PUBLIC_READ)
        equal(info.storage_class, oss2.BUCKET_STORAGE_CLASS_STANDARD)
        equal(info.owner.id, w.account)
        equal(info.bucket_encryption_rule.sse_algorithm, None)  # the SDK's word for the text None
        assert info.creation_date, "no creation date"


def bucket_location_is_the_region(w):
    with w.new_bucket() as bucket:
        equal(bucket.get_bucket_location().location, "oss-" + w.region)


def making_one_s_bucket_again_is_no_error(w):
    with w.new_bucket() as bucket:
        bucket.create_bucket(oss2.BUCKET_ACL_PUBLIC_READ)
        equal(bucket.get_bucket_acl().acl, oss2.BUCKET_ACL_PUBLIC_READ)


def a_name_taken_by_another_account_is_refused(w):
    with w.new_bucket() as bucket:
        theirs = w.bucket(bucket.bucket_name, w.auth(w.stranger))
        refused((409, "BucketAlreadyExists"), theirs.create_bucket)


def a_bucket_with_objects_stays(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        error = refused(BucketNotEmpty, bucket.delete_bucket)
        equal(error.details["BucketName"], bucket.bucket_name)
        equal(bucket.get_object("object").read(), b"content")


def a_removed_bucket_is_gone(w):
    bucket = w.bucket(new_name())
    bucket.create_bucket()
    bucket.delete_bucket()
    error = refused(NoSuchBucket, bucket.get_bucket_info)
    equal(error.details["BucketName"], bucket.bucket_name)
    assert error.request_id, "no request id"
    for call in (
        bucket.delete_bucket,
        bucket.get_bucket_acl,
        bucket.get_bucket_location,
        bucket.list_objects,
        bucket.list_objects_v2,
        lambda: bucket.put_object("object", b""),
        lambda: bucket.get_object("object"),
        lambda: bucket.head_object("object"),
        lambda: bucket.get_object_meta("object"),
        lambda: bucket.delete_object("object"),
        lambda: bucket.batch_delete_objects(["object"]),
        lambda: bucket.copy_object(bucket.bucket_name, "object", "copy"),
        lambda: bucket.get_object_acl("object"),
        lambda: bucket.put_object_acl("object", oss2.OBJECT_ACL_PRIVATE),
    ):
        refused(NoSuchBucket, call)
