# SPDX-License-Identifier: Apache-2.0
"""The valid values for an image, and the arguments that the agent gets."""

import types
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import context, exception
from ironic_lite.common.outbound import checking
from ironic_lite.drivers.modules.agent import image
from ironic_lite.objects import Image

SHA256 = "ab" * 32
GOOD = {
    "image_source": "http://images/disk.qcow2?x=1",
    "image_os_hash_algo": "sha256",
    "image_os_hash_value": SHA256,
}
NO_CHECKSUM = {"image_os_hash_algo": None, "image_os_hash_value": None}
UUID = "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7"


def _node(info: dict[str, Any], **more: Any) -> Any:
    fields = {
        "uuid": "u-1",
        "owner": None,
        "lessee": None,
        "properties": {},
        "driver_info": {},
        "driver_internal_info": {},
        "boot_mode": None,
        **more,
    }
    return types.SimpleNamespace(driver="ipmi", instance_info=info, **fields)


def _validate(node: Any) -> None:
    image.validate(node, context.RequestContext(auth_disabled=True))


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the network: every image exists, and none is in the store."""
    monkeypatch.setattr(checking, "_ask", lambda *_args: (200, {}))
    monkeypatch.setattr(Image, "list", lambda *_args, **_more: [])


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
        {"image_os_hash_value": "https://images/SHA256SUMS"},
        {"image_os_hash_algo": None, "image_os_hash_value": "https://images/SHA256SUMS"},
    ],
)
def test_what_is_accepted(checksum: dict[str, Any]) -> None:
    _validate(_node({**GOOD, **checksum}))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_source": None}, "image_source"),
        ({"image_source": "file:///etc/passwd"}, "file_url_allowed_paths"),
        ({"image_source": "/srv/0f1e"}, "http or https"),
        ({"image_source": "http://127.1/x"}, "unusual IPv4 address"),
        ({**NO_CHECKSUM, "image_source": UUID}, "Images in Glance cannot be used"),
        ({**NO_CHECKSUM, "image_source": f"glance://{UUID}"}, "Images in Glance cannot be used"),
        ({**NO_CHECKSUM, "image_source": "oci://quay.io"}, "must have the form oci://HOST/NAME"),
        ({**NO_CHECKSUM, "image_source": "file:///image"}, "file_url_allowed_paths"),
        (
            {"image_os_hash_algo": "sha384", "image_os_hash_value": "http://images/SUMS"},
            "read checksum lists for sha256 and sha512 only",
        ),
        ({"configdrive": "http://169.254.169.254/x"}, "instance_info/configdrive .* is refused"),
        ({"configdrive": "http://0x7f.1/x"}, "instance_info/configdrive"),
        ({"image_os_hash_algo": None}, "image_os_hash_value without image_os_hash_algo"),
        ({"image_os_hash_value": None}, "64 hexadecimal digits, or the URL"),
        ({"image_disk_format": "vmdk"}, "image_disk_format"),
        ({"image_type": "floppy"}, "'floppy' is unknown"),
        ({"kernel": "http://images/vmlinuz"}, "has only kernel"),
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
        _validate(_node({**GOOD, **change}))
    assert refused.value.code == 400


def test_how_the_agent_is_told() -> None:
    told = image.describe(_node({**GOOD, "image_os_hash_value": SHA256.upper()}))
    assert told["id"] == "disk.qcow2"
    assert told["urls"] == [GOOD["image_source"]]
    assert told["os_hash_value"] == SHA256
    assert (told["image_type"], told["node_uuid"]) == ("whole-disk", "u-1")


def test_how_the_agent_is_told_of_a_list_of_checksums() -> None:
    sums = "https://images/SHA256SUMS"
    told = image.describe(_node({**GOOD, "image_os_hash_value": sums}))
    assert (told["os_hash_algo"], told["os_hash_value"]) == ("sha256", sums)
    told = image.describe(_node({"image_source": "http://images/x", "image_os_hash_value": sums}))
    # Without an algorithm the agent derives it from the length of `checksum`.
    assert (told["checksum"], told["os_hash_algo"], told["os_hash_value"]) == (sums, None, None)


@pytest.mark.parametrize("field", ["image_source", "image_checksum", "image_os_hash_value"])
def test_what_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    info = {"image_source": "http://images/x", field: "http://images/missing"}
    if field == "image_source":
        info["image_checksum"] = SHA256
    monkeypatch.setattr(
        checking, "_ask", lambda _method, url, *_args: (404 if "missing" in url else 200, {})
    )
    with pytest.raises(
        exception.ImageRefValidationFailed, match=f"instance_info/{field} '.*missing' answered"
    ):
        _validate(_node(info))


ROOT = {**GOOD, "image_type": "partition", "root_gb": 10}


@pytest.fixture
def _allowed(set_option: Callable[..., None]) -> None:
    set_option("enable_bios_bootloader_install", True, group="agent")


def test_partition_images_are_not_allowed_unasked() -> None:
    with pytest.raises(exception.InvalidParameterValue, match="enable_bios_bootloader_install"):
        _validate(_node(ROOT))


@pytest.mark.usefixtures("_allowed")
@pytest.mark.parametrize(
    "marks", [{"image_type": "partition"}, {"kernel": "http://images/k", "ramdisk": "glance-uuid"}]
)
def test_partition_images(marks: dict[str, Any]) -> None:
    node = _node({**GOOD, **marks, "root_gb": "10", "swap_mb": 512, "ephemeral_gb": 2})
    _validate(node)
    told = image.describe(node)
    assert told["image_type"] == "partition"
    assert (told["root_mb"], told["swap_mb"], told["ephemeral_mb"]) == (10240, 512, 2048)
    assert (told["ephemeral_format"], told["preserve_ephemeral"]) == ("ext4", False)
    assert told["deploy_boot_mode"] == "uefi"


def test_a_whole_disk_is_said_to_be_one() -> None:
    files = {"kernel": "http://images/k", "ramdisk": "http://images/r"}
    told = image.describe(_node({**GOOD, **files, "image_type": "whole-disk"}))
    assert told["image_type"] == "whole-disk"
    assert "root_mb" not in told


@pytest.mark.usefixtures("_allowed")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"root_gb": None}, "set instance_info/root_gb"),
        ({"root_gb": 0}, "root_gb must be a whole number of at least 1"),
        ({"root_gb": "ten"}, "root_gb"),
        ({"root_gb": True}, "root_gb"),
        ({"swap_mb": -1}, "swap_mb"),
        ({"ephemeral_gb": 1.5}, "ephemeral_gb"),
        ({"ephemeral_format": "ntfs"}, "ephemeral_format 'ntfs'"),
        ({"preserve_ephemeral": "perhaps"}, "preserve_ephemeral must be"),
        ({"preserve_ephemeral": True}, "no ephemeral partition"),
        ({"preserve_ephemeral": True, "ephemeral_gb": 1}, "no ephemeral partition"),
    ],
)
def test_partition_images_that_are_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=reason):
        _validate(_node({**ROOT, **change}))


@pytest.mark.usefixtures("_allowed")
def test_only_what_is_as_it_was_can_be_preserved() -> None:
    before = {"instance": {"root_mb": 10240, "swap_mb": 0, "ephemeral_mb": 1024}}
    kept = {**ROOT, "ephemeral_gb": 1, "preserve_ephemeral": True}
    _validate(_node(kept, driver_internal_info=before))
    with pytest.raises(
        exception.InvalidParameterValue, match="root_mb changed from 10240 to 20480"
    ):
        _validate(_node({**kept, "root_gb": 20}, driver_internal_info=before))
