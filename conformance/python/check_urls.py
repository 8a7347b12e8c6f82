"""Signed URLs in the hands of a plain HTTP client."""

import requests

from world import equal, error_code


def a_signed_url_downloads(w):
    key = "reports/2026 über +.txt"
    with w.new_bucket() as bucket:
        bucket.put_object(key, b"content")
        for slash_safe in (False, True):
            response = requests.get(bucket.sign_url("GET", key, 60, slash_safe=slash_safe), timeout=10)
            equal((response.status_code, response.content), (200, b"content"))


def a_signed_url_carries_response_headers(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        params = {"response-content-disposition": "attachment"}
        response = requests.get(bucket.sign_url("GET", "object", 60, params=params), timeout=10)
        equal((response.status_code, response.headers["Content-Disposition"]), (200, "attachment"))


def a_signed_url_uploads(w):
    with w.new_bucket() as bucket:
        headers = {"Content-Type": "text/plain", "x-oss-meta-from": "visitor"}
        url = bucket.sign_url("PUT", "object", 60, headers=headers)
        equal(requests.put(url, data=b"content", headers=headers, timeout=10).status_code, 200)
        equal(bucket.head_object("object").headers["x-oss-meta-from"], "visitor")
        headers["Content-Type"] = "text/html"
        response = requests.put(url, data=b"content", headers=headers, timeout=10)
        equal((response.status_code, error_code(response)), (403, "SignatureDoesNotMatch"))


def a_signed_url_allows_no_more_than_its_signer_may(w):
    with w.new_bucket() as bucket:
        bucket.put_object("object", b"content")
        url = w.bucket(bucket.bucket_name, w.auth(w.user)).sign_url("GET", "object", 60)
        response = requests.get(url, timeout=10)
        equal((response.status_code, error_code(response)), (403, "AccessDenied"))
