"""The odd keys that all SDKs are tried with, by the account and by a role session."""

import json
import os
import pathlib

import oss2
import requests

from world import equal, error_code, refused

_KEYS = json.loads((pathlib.Path(__file__).parent.parent / "testdata" / "keys.json").read_text("utf-8"))


def odd_keys_by_the_account(w):
    with w.new_bucket() as bucket:
        _live(bucket)


def odd_keys_by_a_session(w):
    credentials = w.assume_role(arn=os.environ["OSSD_TEST_KEEPER_ROLE"])["Credentials"]
    with w.new_bucket() as bucket:
        _live(w.bucket(bucket.bucket_name, w.session_auth(credentials)))


def _live(bucket):
    """The whole life of an object under each key."""
    for key in (one["key"] for one in _KEYS):
        content = key.encode()
        put = bucket.put_object(key, content, headers={"x-oss-meta-from": "sdk"})
        equal(bucket.head_object(key).etag, put.etag)
        equal(bucket.get_object(key).read(), content)
        equal([found.key for found in oss2.ObjectIterator(bucket)], [key])

        params = {"response-content-type": "text/x-own", "response-content-disposition": "attachment"}
        got = requests.get(bucket.sign_url("GET", key, 60, params=params), timeout=10)
        equal((got.status_code, got.content), (200, content))
        equal((got.headers["Content-Type"], got.headers["Content-Disposition"]), ("text/x-own", "attachment"))

        headers = {"Content-Type": "text/plain", "x-oss-meta-from": "visitor"}
        url = bucket.sign_url("PUT", key, 60, headers=headers)
        equal(requests.put(url, data=b"by url", headers=headers, timeout=10).status_code, 200)
        equal(bucket.head_object(key).headers["x-oss-meta-from"], "visitor")
        headers["x-oss-meta-from"] = "somebody else"
        changed = requests.put(url, data=b"changed", headers=headers, timeout=10)
        equal((changed.status_code, error_code(changed)), (403, "SignatureDoesNotMatch"))
        equal(bucket.get_object(key).read(), b"by url")

        bucket.delete_object(key)
        refused(oss2.exceptions.NoSuchKey, bucket.get_object, key)
