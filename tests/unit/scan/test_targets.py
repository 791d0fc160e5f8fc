# SPDX-License-Identifier: Apache-2.0
"""The addresses of a scan."""

from pathlib import Path

import pytest

from ironic_lite.common import exception
from ironic_lite.scan import targets


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["192.0.2.0/30"], ["192.0.2.1", "192.0.2.2"]),
        (["192.0.2.9/31"], ["192.0.2.8", "192.0.2.9"]),
        (["192.0.2.7/32"], ["192.0.2.7"]),
        (["192.0.2.254-192.0.3.1"], ["192.0.2.254", "192.0.2.255", "192.0.3.0", "192.0.3.1"]),
        (["192.0.2.10-12"], ["192.0.2.10", "192.0.2.11", "192.0.2.12"]),
        (["192.0.2.7, 192.0.2.7", "192.0.2.6"], ["192.0.2.7", "192.0.2.6"]),
        (["2001:db8::7", "2001:db8::10/127"], ["2001:db8::7", "2001:db8::10", "2001:db8::11"]),
        (["2001:db8::9-2001:db8::a"], ["2001:db8::9", "2001:db8::a"]),
    ],
)
def test_addresses(texts: list[str], expected: list[str]) -> None:
    assert [str(each) for each in targets.of(texts)] == expected


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "bmcs"
    file.write_text("# rack 1\n192.0.2.7  # u7\n\n192.0.2.8, 192.0.2.9\n")
    assert len(targets.of([], [str(file)])) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no address to ask"),
        ("192.0.2.0/33", "'192.0.2.0/33' is no network"),
        ("192.0.2.9-192.0.2.1", "is no network"),
        ("192.0.2.9-2001:db8::1", "is no network"),
        ("192.0.2.9-999", "is no network"),
        ("bmc.example.org", "is no network"),
        ("10.0.0.0/8", "10.0.0.0/8 has more than 65536 addresses"),
        ("2001:db8::/64", "2001:db8::/64 has more than 65536 addresses"),
        ("10.0.0.0-10.9.0.0", "has more than 65536 addresses"),
        ("10.0.0.0/16, 10.1.0.0/16", "there are more than 65536 addresses"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(exception.ConfigInvalid, match=reason):
        targets.of([text])


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(exception.ConfigInvalid, match="cannot be read"):
        targets.of([], [str(tmp_path / "missing")])
