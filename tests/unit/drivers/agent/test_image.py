# SPDX-License-Identifier: Apache-2.0
"""What may be asked for as an image, and how the agent is told."""

import types
from typing import Any

import pytest

from ironic_lite.common import exception, fetch
from ironic_lite.drivers.modules.agent import image, root_device

SHA256 = "ab" * 32
GOOD = {
    "image_source": "http://images/disk.qcow2?x=1",
    "image_os_hash_algo": "sha256",
    "image_os_hash_value": SHA256,
}


def _node(info: dict[str, Any], **more: Any) -> Any:
    fields = {"uuid": "u-1", "properties": {}, "boot_mode": None, **more}
    return types.SimpleNamespace(instance_info=info, **fields)


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network: every image is there."""
    monkeypatch.setattr(fetch, "_ask", lambda *_args: (200, {}))


@pytest.mark.parametrize(
    "checksum",
    [
        {},
        {"image_os_hash_algo": "sha512", "image_os_hash_value": "AB" * 64},
        {"image_os_hash_algo": None, "image_os_hash_value": None, "image_checksum": SHA256},
        {
            "image_os_hash_algo": None,
            "image_os_hash_value": None,
            "image_checksum": "https://images/SHA256SUMS",
        },
    ],
)
def test_what_is_accepted(checksum: dict[str, Any]) -> None:
    image.validate(_node({**GOOD, **checksum}))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_source": None}, "image_source"),
        ({"image_source": "file:///etc/passwd"}, "other schemes are refused"),
        ({"image_source": "0f1e"}, "http or https"),
        ({"image_source": "http://169.254.169.254/x"}, "refused"),
        ({"image_disk_format": "vmdk"}, "image_disk_format"),
        ({"image_type": "partition"}, "Partition images"),
        ({"kernel": "http://images/vmlinuz"}, "Partition images"),
        ({"image_os_hash_algo": "md5", "image_os_hash_value": "a" * 32}, "image_os_hash_algo"),
        ({"image_os_hash_value": "a" * 63}, "64 hexadecimal digits"),
        ({"image_os_hash_value": "g" * 64}, "64 hexadecimal digits"),
        ({"image_os_hash_algo": None, "image_os_hash_value": None}, "checksum is missing"),
        (
            {"image_os_hash_algo": None, "image_os_hash_value": None, "image_checksum": "a" * 32},
            "MD5",
        ),
        (
            {"image_os_hash_algo": None, "image_os_hash_value": None, "image_checksum": "xyz"},
            "hexadecimal digits or a URL",
        ),
        (
            {"image_os_hash_algo": None, "image_os_hash_value": None, "image_checksum": "a" * 40},
            "neither a SHA-256",
        ),
    ],
)
def test_what_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(exception.Invalid, match=reason) as refused:
        image.validate(_node({**GOOD, **change}))
    assert refused.value.code == 400


def test_how_the_agent_is_told() -> None:
    told = image.describe(_node({**GOOD, "image_os_hash_value": SHA256.upper()}))
    assert told["id"] == "disk.qcow2"
    assert told["urls"] == [GOOD["image_source"]]
    assert told["os_hash_value"] == SHA256
    assert (told["image_type"], told["node_uuid"]) == ("whole-disk", "u-1")


@pytest.mark.parametrize("hints", [{"serial": "abc"}, {"size": ">= 100", "rotational": False}, {}])
def test_root_device_hints(hints: dict[str, Any]) -> None:
    root_device.validate(_node({}, properties={"root_device": hints}))


@pytest.mark.parametrize("hints", ["sda", {"seriel": "abc"}, {"size": 0}, {"size": [1]}])
def test_root_device_hints_that_are_wrong(hints: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="root_device"):
        root_device.validate(_node({"root_device": hints}))
