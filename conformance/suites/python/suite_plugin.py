"""A plugin of pytest that fits oss2's own tests to a server on this machine."""

import tests.common

# They wait until the public service has spread what it was told. ossd needs no time for that.
tests.common.wait_meta_sync = lambda: None


def _without_public_kms(set_up):
    # Many tests choose at random between a plain bucket, one that encrypts with a key of
    # its own and one that encrypts with a key of the public KMS, which cannot be had here.
    def wrapped(self):
        set_up(self)
        self.kms_crypto_bucket = self.rsa_crypto_bucket
    return wrapped


tests.common.OssTestCase.setUp = _without_public_kms(tests.common.OssTestCase.setUp)
