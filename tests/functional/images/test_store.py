# SPDX-License-Identifier: Apache-2.0
"""The image store, by the command and by the API of a running service."""

import gzip
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator import images
from tests.functional.images.store import Store
from tests.functional.rack import cloud as rack_cloud
from tests.functional.rack.cloud import Cloud

DISK = images.catalog()[images.DISK_IMAGE]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with rack_cloud.running(tmp_path_factory.mktemp("store"), image_store={"min_free": 0}) as made:
        yield made


@pytest.fixture
def store(cloud: Cloud, tmp_path: Path) -> Store:
    return Store(cloud.service, tmp_path)


def test_a_deployment_by_names_alone(cloud: Cloud, store: Store) -> None:
    """Kernel, ramdisk and image come from the store; nobody states a checksum or a format."""
    store.add("--kernel", store.file(images.KERNEL), "--ramdisk", store.file(images.RAMDISK), "ipa")
    said = store.add(store.file(DISK.name), "--name", "rack-os")
    assert f"SHA-256 {DISK.sha256}" in said
    server = cloud.enrol_available(
        driver_info={"deploy_kernel": "ipa.kernel", "deploy_ramdisk": "store://ipa.ramdisk"}
    )
    cloud.deploy(server, {"image_source": "rack-os"})
    assert server.wait_booted()["booted_image"] == DISK.sha256
    status, said = store.command("list")
    assert (status, "rack-os" in said, "ipa.kernel" in said) == (0, True, True)
    status, said = store.command("show", "rack-os", "--json")
    shown = json.loads(said)
    assert shown["sha512"] == hashlib.sha512(DISK.content).hexdigest()
    assert (shown["disk_format"], shown["image_type"]) == ("raw", "whole-disk")
    assert [place["alive"] for place in shown["locations"]] == [True]
    cloud.provision(server, "deleted", "available")
    assert store.command("remove", "rack-os", "ipa")[0] == 0
    assert list(store.files.iterdir()) == []


def test_an_image_that_is_not_what_it_is_called(store: Store) -> None:
    """Nothing of it remains, and the name is free again."""
    disk = store.file(DISK.name)
    cases = (
        ([disk, "--format", "qcow2"], "announced as qcow2, but its format is raw"),
        ([disk, "--sha256", "0" * 64], f"checksum is {DISK.sha256}"),
        ([_qcow2(store, "-b", str(disk), "-F", "raw")], "needs a backing file"),
        ([_converted(store, disk, "vmdk")], "its format is vmdk"),
        ([_written(store, "x.gz", gzip.compress(DISK.content))], "compressed with gzip"),
        ([_written(store, "empty", b"")], "the file is empty"),
    )
    for arguments, reason in cases:
        status, said = store.command("add", *arguments, "--name", "wrong")
        assert (status, reason in said) == (1, True), said
        assert store.command("show", "wrong")[0] == 1
    assert not [path for path in store.files.iterdir() if path.suffix == ".part"]


def test_what_is_known_of_an_image(store: Store) -> None:
    compressed = _converted(store, store.file(DISK.name), "qcow2", "-c")
    store.add(compressed, "--name", "compressed", "--property", "os=rack")
    shown = store.service.call("GET", "/v1/images/compressed")
    assert shown["disk_format"] == "qcow2"
    assert shown["virtual_size"] == len(DISK.content)
    assert (shown["image_type"], shown["firmware"], shown["min_disk"]) == (
        "whole-disk",
        ["bios"],
        1,
    )
    assert shown["properties"] == {"os": "rack"}
    assert store.command("remove", "compressed")[0] == 0


def _qcow2(store: Store, *options: str) -> Path:
    path = store.directory / "made.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *options, path, "4M"], check=True)
    return path


def _converted(store: Store, disk: Path, to: str, *options: str) -> Path:
    path = store.directory / f"converted.{to}"
    subprocess.run(["qemu-img", "convert", "-O", to, *options, disk, path], check=True)
    return path


def _written(store: Store, name: str, content: bytes) -> Path:
    path = store.directory / name
    path.write_bytes(content)
    return path
