"""Objects: written, read whole and in ranges, described, listed and removed.

oss2 compares the CRC-64 of every transfer with the one the server announces, so each
read and write here checks that as well.
"""

import base64
import contextlib
import hashlib
import time

import oss2
from oss2.exceptions import InvalidDigest, NoSuchKey, NotModified, PreconditionFailed

from world import equal, refused

# Names that clients, proxies or servers like to tidy up.
AWKWARD_KEYS = [
    "..a",
    "a/../b",
    "a//b",
    "a/./b/",
    "dir/",
    "plus + percent % hash # query ?",
    "%2F",
    "a=b&c=d;e",
    "über/文件.txt",
    'quote " less < ampersand & apostrophe \'',
]


def an_object_comes_back_as_it_was_put(w):
    content = bytes(range(256)) * 1000
    with w.new_bucket() as bucket:
        put = bucket.put_object("dir/photo.jpg", content, headers={"x-oss-meta-camera": "Seagull 4B"})
        equal(put.etag, hashlib.md5(content).hexdigest().upper())
        got = bucket.get_object("dir/photo.jpg")
        equal(got.read(), content)
        equal(got.content_type, "image/jpeg")
        equal(got.content_length, len(content))
        equal(got.etag, put.etag)
        equal(got.object_type, "Normal")
        equal(got.server_crc, put.crc)
        equal(got.headers["x-oss-meta-camera"], "Seagull 4B")
        assert abs(got.last_modified - time.time()) < 60, got.last_modified


def an_empty_object_is_an_object(w):
    with w.new_bucket() as bucket:
        bucket.put_object("empty", b"")
        equal(bucket.get_object("empty").read(), b"")
        equal(bucket.head_object("empty").content_length, 0)


def a_body_of_unannounced_length_is_stored(w):
    with w.new_bucket() as bucket:
        bucket.put_object("chunked", iter([b"one,", b"two,", b"three"]))
        equal(bucket.get_object("chunked").read(), b"one,two,three")


def a_second_put_replaces_the_first(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"first", headers={"x-oss-meta-n": "1"})
        bucket.put_object("object", b"the second")
        got = bucket.get_object("object")
        equal(got.read(), b"the second")
        assert "x-oss-meta-n" not in got.headers, "metadata of the first object survived"


def awkward_keys_stay_as_they_are(w):
    with w.new_bucket() as bucket:
        for key in AWKWARD_KEYS:
            bucket.put_object(key, key.encode())
        for key in AWKWARD_KEYS:
            equal(bucket.get_object(key).read(), key.encode())
        listed = [found.key for found in oss2.ObjectIterator(bucket)]
        equal(listed, sorted(AWKWARD_KEYS, key=str.encode))


def a_body_that_is_not_what_its_digest_says_is_refused(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"before")
        digest = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        refused(InvalidDigest, bucket.put_object, "object", b"content", headers={"Content-MD5": digest})
        equal(bucket.get_object("object").read(), b"before")


def ranges_of_an_object(w):
    with w.new_bucket() as bucket:
        bucket.put_object("digits", b"0123456789")
        for byte_range, want, content_range in [
            ((0, 3), b"0123", "bytes 0-3/10"),
            ((4, 4), b"4", "bytes 4-4/10"),
            ((7, None), b"789", "bytes 7-9/10"),
            ((None, 2), b"89", "bytes 8-9/10"),
        ]:
            got = bucket.get_object("digits", byte_range=byte_range)
            equal((got.status, got.read()), (206, want))
            equal(got.content_range, content_range)


def a_range_beyond_the_object_yields_all_of_it(w):
    with w.new_bucket() as bucket:
        bucket.put_object("digits", b"0123456789")
        for byte_range in [(5, 20), (10, 20)]:
            got = bucket.get_object("digits", byte_range=byte_range)
            equal((got.status, got.read()), (200, b"0123456789"))


def standard_ranges_follow_http(w):
    standard = {"x-oss-range-behavior": "standard"}
    with w.new_bucket() as bucket:
        bucket.put_object("digits", b"0123456789")
        got = bucket.get_object("digits", byte_range=(5, 20), headers=standard)
        equal((got.status, got.read()), (206, b"56789"))
        refused((416, "InvalidRange"), bucket.get_object, "digits", byte_range=(10, 20), headers=standard)


def head_tells_what_get_would(w):
    with w.new_bucket() as bucket:
        put = bucket.put_object("page.html", b"<p>", headers={"x-oss-meta-a": "b", "Cache-Control": "no-cache"})
        head = bucket.head_object("page.html")
        equal((head.content_length, head.content_type, head.etag), (3, "text/html", put.etag))
        equal(head.headers["x-oss-meta-a"], "b")
        equal(head.headers["Cache-Control"], "no-cache")
        equal(head.server_crc, put.crc)


def object_meta_is_size_etag_and_time(w):
    with w.new_bucket() as bucket:
        put = bucket.put_object("object", b"content", headers={"x-oss-meta-a": "b"})
        meta = bucket.get_object_meta("object")
        equal((meta.content_length, meta.etag), (7, put.etag))
        assert abs(meta.last_modified - time.time()) < 60, meta.last_modified
        assert "x-oss-meta-a" not in meta.headers, "user metadata is not part of it"
        assert bucket.object_exists("object")
        assert not bucket.object_exists("absent")


def an_absent_object_is_no_such_key(w):
    with w.new_bucket() as bucket:
        equal(refused(NoSuchKey, bucket.get_object, "absent").details["Key"], "absent")
        # HEAD has no body: the code comes from the header x-oss-err.
        refused(NoSuchKey, bucket.head_object, "absent")
        refused(NoSuchKey, bucket.get_object_meta, "absent")


def conditional_reads(w):
    with w.new_bucket() as bucket:
        etag = bucket.put_object("object", b"content").etag
        long_ago = oss2.http_date(time.time() - 86400)
        modified = oss2.http_date(bucket.head_object("object").last_modified)
        for headers in [{"If-Match": etag}, {"If-None-Match": "other"}, {"If-Modified-Since": long_ago}]:
            equal(bucket.get_object("object", headers=headers).read(), b"content")
        refused(PreconditionFailed, bucket.get_object, "object", headers={"If-Match": "other"})
        refused(PreconditionFailed, bucket.get_object, "object", headers={"If-Unmodified-Since": long_ago})
        # For oss2 a 304 has no code: x-oss-err with one would make it an unknown error.
        refused(NotModified, bucket.get_object, "object", headers={"If-None-Match": etag})
        refused(NotModified, bucket.get_object, "object", headers={"If-Modified-Since": modified})


def a_reader_chooses_response_headers(w):
    params = {
        "response-content-type": "text/plain",
        "response-content-disposition": 'attachment; filename="report.txt"',
    }
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        got = bucket.get_object("object", params=params)
        equal(got.headers["Content-Type"], params["response-content-type"])
        equal(got.headers["Content-Disposition"], params["response-content-disposition"])


def a_removed_object_is_gone_and_may_be_removed_again(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        equal(bucket.delete_object("object").status, 204)
        refused(NoSuchKey, bucket.get_object, "object")
        equal(bucket.delete_object("object").status, 204)


def listing_rolls_up_common_prefixes(w):
    with _tree(w) as bucket:
        page = bucket.list_objects(delimiter="/")
        equal([found.key for found in page.object_list], ["a", "c"])
        equal(page.prefix_list, ["b/", "d/"])
        page = bucket.list_objects(prefix="b/", delimiter="/")
        equal([found.key for found in page.object_list], ["b/1", "b/2"])
        equal(page.prefix_list, ["b/3/"])


def listing_describes_objects(w):
    with w.new_bucket() as bucket:
        put = bucket.put_object("object", b"content")
        for page in (bucket.list_objects(), bucket.list_objects_v2(fetch_owner=True)):
            found = page.object_list[0]
            equal((found.key, found.size, found.etag, found.type), ("object", 7, put.etag, "Normal"))
            equal(found.storage_class, oss2.BUCKET_STORAGE_CLASS_STANDARD)
            assert abs(found.last_modified - time.time()) < 60, found.last_modified
            equal(found.owner.id, w.account)
        equal(bucket.list_objects_v2().object_list[0].owner, None)


def listing_goes_on_where_a_page_ended(w):
    want = ["a", "b/", "c", "d/"]
    with _tree(w) as bucket:
        for size in (1, 2, 3, 100):
            first = oss2.ObjectIterator(bucket, delimiter="/", max_keys=size)
            equal([found.key for found in first], want)
            second = oss2.ObjectIteratorV2(bucket, delimiter="/", max_keys=size)
            equal([found.key for found in second], want)


def listing_starts_after_a_marker(w):
    with _tree(w) as bucket:
        equal([found.key for found in bucket.list_objects(marker="b/2").object_list], ["b/3/x", "c", "d/1"])
        page = bucket.list_objects_v2(start_after="b/2")
        equal([found.key for found in page.object_list], ["b/3/x", "c", "d/1"])


@contextlib.contextmanager
def _tree(w):
    """A new bucket with objects on three levels."""
    with w.new_bucket() as bucket:
        for key in ("a", "b/1", "b/2", "b/3/x", "c", "d/1"):
            bucket.put_object(key, b"")
        yield bucket
