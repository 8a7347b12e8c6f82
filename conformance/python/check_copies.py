"""Objects: copied, given another access control list, and removed many at a time."""

import time

import oss2
from oss2.exceptions import AccessDenied, InvalidArgument, NoSuchBucket, NoSuchKey, NotModified, PreconditionFailed

from check_objects import AWKWARD_KEYS
from world import equal, new_name, refused


def a_copy_is_like_its_source(w):
    content = bytes(range(256)) * 3000
    with w.new_bucket() as source, w.new_bucket() as target:
        put = source.put_object("photo.jpg", content, headers={"x-oss-meta-camera": "Seagull 4B"})
        for bucket in (source, target):
            copied = bucket.copy_object(source.bucket_name, "photo.jpg", "copy")
            equal((copied.etag, copied.crc), (put.etag, put.crc))
            got = bucket.get_object("copy")
            equal(got.read(), content)
            equal((got.etag, got.content_type), (put.etag, "image/jpeg"))
            equal(got.headers["x-oss-meta-camera"], "Seagull 4B")


def awkward_keys_are_copied(w):
    with w.new_bucket() as bucket:
        for key in AWKWARD_KEYS:
            bucket.put_object(key, key.encode())
            bucket.copy_object(bucket.bucket_name, key, "copy of " + key)
            equal(bucket.get_object("copy of " + key).read(), key.encode())


def a_copy_may_have_metadata_of_its_own(w):
    replace = {"x-oss-metadata-directive": "REPLACE", "Content-Type": "text/plain", "x-oss-meta-b": "2"}
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content", headers={"x-oss-meta-a": "1"})
        bucket.copy_object(bucket.bucket_name, "object", "copy", headers=replace)
        head = bucket.head_object("copy")
        equal((head.content_type, head.headers["x-oss-meta-b"]), ("text/plain", "2"))
        assert "x-oss-meta-a" not in head.headers, "metadata of the source"


def metadata_is_changed_in_place(w):
    with w.new_bucket() as bucket:
        put = bucket.put_object("object", b"content", headers={"x-oss-meta-a": "1"})
        bucket.update_object_meta("object", {"x-oss-meta-b": "2"})
        got = bucket.get_object("object")
        equal((got.read(), got.etag, got.headers["x-oss-meta-b"]), (b"content", put.etag, "2"))
        assert "x-oss-meta-a" not in got.headers, "metadata from before"


def conditional_copies(w):
    with w.new_bucket() as bucket:
        etag = bucket.put_object("object", b"content").etag
        long_ago = oss2.http_date(time.time() - 86400)

        def copy(**condition):
            headers = {"x-oss-copy-source-" + name.replace("_", "-"): value for name, value in condition.items()}
            bucket.copy_object(bucket.bucket_name, "object", "copy", headers=headers)

        copy(if_match=etag, if_modified_since=long_ago)
        copy(if_none_match="other")
        refused(PreconditionFailed, copy, if_match="other")
        refused(PreconditionFailed, copy, if_unmodified_since=long_ago)
        refused(NotModified, copy, if_none_match=etag)
        refused((409, "FileAlreadyExists"), bucket.copy_object, bucket.bucket_name, "object", "copy",
                headers={"x-oss-forbid-overwrite": "true"})


def a_copy_needs_a_source(w):
    with w.new_bucket() as bucket:
        refused(NoSuchKey, bucket.copy_object, bucket.bucket_name, "absent", "copy")
        refused(NoSuchBucket, bucket.copy_object, new_name(), "absent", "copy")
        refused(InvalidArgument, bucket.copy_object, bucket.bucket_name, "", "copy")


def another_account_copies_only_what_it_may_read(w):
    theirs = w.bucket(new_name(), w.auth(w.stranger))
    theirs.create_bucket()
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        refused(AccessDenied, theirs.copy_object, bucket.bucket_name, "object", "copy")
        bucket.put_object_acl("object", oss2.OBJECT_ACL_PUBLIC_READ)
        theirs.copy_object(bucket.bucket_name, "object", "copy")
        equal(theirs.get_object("copy").read(), b"content")
        equal(theirs.get_object_acl("copy").acl, oss2.OBJECT_ACL_DEFAULT)
    theirs.delete_object("copy")
    theirs.delete_bucket()


def an_object_gets_another_acl(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        equal(bucket.get_object_acl("object").acl, oss2.OBJECT_ACL_DEFAULT)
        public = w.bucket(bucket.bucket_name, oss2.AnonymousAuth())
        modified = bucket.head_object("object").last_modified
        refused(AccessDenied, public.get_object, "object")
        bucket.put_object_acl("object", oss2.OBJECT_ACL_PUBLIC_READ)
        equal(bucket.get_object_acl("object").acl, oss2.OBJECT_ACL_PUBLIC_READ)
        equal(public.get_object("object").read(), b"content")
        equal(bucket.head_object("object").last_modified, modified)
        refused(AccessDenied, public.get_object_acl, "object")
        refused(NoSuchKey, bucket.put_object_acl, "absent", oss2.OBJECT_ACL_PRIVATE)
        refused(NoSuchKey, bucket.get_object_acl, "absent")


def many_objects_are_removed_at_once(w):
    keys = AWKWARD_KEYS + ["object-%d" % i for i in range(20)]
    with w.new_bucket() as bucket:
        for key in keys:
            bucket.put_object(key, b"")
        bucket.put_object("kept", b"")
        removed = bucket.batch_delete_objects(keys + ["absent"])
        equal(removed.deleted_keys, keys + ["absent"])
        equal([found.key for found in oss2.ObjectIterator(bucket)], ["kept"])


def a_thousand_keys_are_the_most(w):
    with w.new_bucket() as bucket:
        keys = ["object-%d" % i for i in range(1001)]
        equal(len(bucket.batch_delete_objects(keys[:1000]).deleted_keys), 1000)
        refused((400, "MalformedXML"), bucket.batch_delete_objects, keys)
