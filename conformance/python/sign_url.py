"""Print a signed URL that downloads KEY of OSS_BUCKET for SECONDS.

usage: sign_url.py v1|v4 KEY SECONDS

For tests that change the URL or let it expire; the program for people is
examples/python/signed_url.py.
"""

import os
import sys

from world import World


def main():
    version, key, seconds = sys.argv[1:]
    bucket = World(version).bucket(os.environ["OSS_BUCKET"])
    print(bucket.sign_url("GET", key, int(seconds)))


if __name__ == "__main__":
    main()
