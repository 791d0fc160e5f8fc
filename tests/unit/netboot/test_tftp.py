# SPDX-License-Identifier: Apache-2.0
"""What TFTP clients ask for, and the terms that they get."""

import pytest

from ironic_lite.netboot import tftp
from ironic_lite.netboot.tftp import Code, Malformed, negotiate


def test_a_request_with_options() -> None:
    question = tftp.read(b"\0\x01snponly.efi\0octet\0BLKSIZE\x001468\0tsize\x000\0")
    assert (question.code, question.file, question.mode) == (Code.READ, "snponly.efi", "octet")
    assert question.options == {"blksize": "1468", "tsize": "0"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\x01",
        b"\0\x01\0\0",
        b"\0\x01file",
        b"\0\x01file\0octet",
        b"\0\x03\0\x01data",
        b"\0\x01\xff\xfe\0octet\0",
        b"\0\x01a\nb\0octet\0",
        b"\0\x07file\0octet\0",
    ],
)
def test_nonsense(data: bytes) -> None:
    with pytest.raises(Malformed):
        tftp.read(data)


def test_terms() -> None:
    asked = {"blksize": "65464", "windowsize": "64", "tsize": "0", "timeout": "3", "other": "1"}
    terms = negotiate(asked, 1000, mtu=1500)
    assert (terms.block, terms.window, terms.timeout) == (1428, 16, 3.0)
    assert terms.answer == {"blksize": "1428", "windowsize": "16", "tsize": "1000", "timeout": "3"}
    for broken in ("0", "7", "-8", "x", "65465", "9" * 20, "", "٣"):
        assert negotiate({"blksize": broken}, 1, 1500).answer == {}
    assert negotiate({}, 1, 1500).block == 512
