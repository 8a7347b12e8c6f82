"""Print a URL with which anybody can download one object for the next minute.

usage: signed_url.py [KEY]

Nothing is sent to the server: the URL is computed here, from the key pair alone.
Without OSS_ENDPOINT the public service is meant.
"""

import os
import sys

import oss2

VALID_SECONDS = 60


def main():
    key = sys.argv[1] if len(sys.argv) > 1 else "object-name.txt"
    auth = oss2.Auth(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    )
    endpoint = os.environ.get("OSS_ENDPOINT", "http://oss-cn-hangzhou.aliyuncs.com")
    bucket = oss2.Bucket(auth, endpoint, os.environ["OSS_BUCKET"])
    print(bucket.sign_url("GET", key, VALID_SECONDS))


if __name__ == "__main__":
    main()
