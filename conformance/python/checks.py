"""Run every check against the server and print one line for each.

usage: checks.py v1|v2|v4|rpc

The signature version is that of OSS; "rpc" checks STS and RAM, which have one of their own.

A line is "ok NAME" or "FAIL NAME: REASON"; what led to a failure goes to standard
error. The exit status is 1 if a check failed. A check is a public function of one of
the modules below: it takes a World and raises when the server is not as it should be.
"""

import inspect
import sys
import traceback

import check_buckets
import check_copies
import check_keys
import check_objects
import check_ram
import check_refusals
import check_sessions
import check_sts
import check_urls
from world import World

OSS = [check_buckets, check_copies, check_keys, check_objects, check_refusals, check_sessions, check_urls]
MODULES = {"v1": OSS, "v2": OSS, "v4": OSS, "rpc": [check_sts, check_ram]}


def checks(version):
    """The checks that apply to a signature version, in the order in which they are written."""
    for module in MODULES[version]:
        for name, value in vars(module).items():
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_") and getattr(value, "only", version) == version:
                yield name, value


def run(name, check, world):
    try:
        check(world)
    except Exception as error:
        traceback.print_exc()
        reason = " ".join(str(error).split()) or type(error).__name__
        print("FAIL %s: %s" % (name, reason), flush=True)
        return False
    print("ok %s" % name, flush=True)
    return True


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in MODULES:
        raise SystemExit("usage: checks.py " + "|".join(MODULES))
    world = World(sys.argv[1])
    results = [run(name, check, world) for name, check in checks(world.version)]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
