# SPDX-License-Identifier: Apache-2.0
"""The image store, by the command and by the API of a running service."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from ironic_lite.ramdisk import zstd
from ironic_lite_simulator import images
from tests.functional.agent.images import image_server
from tests.functional.images.store import Store
from tests.functional.rack import cloud as rack_cloud
from tests.functional.rack.cloud import Cloud, Server
from tests.waiting import PATIENCE

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
    server = cloud.enrol_available(driver_info={"deploy_kernel": None, "deploy_ramdisk": None})
    shown = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["boot"]
    assert "--default deploy" in shown["reason"]
    _add_ramdisk(store, "--default", "deploy")
    said = store.add(store.file(DISK.name), "--name", "rack-os")
    assert f"SHA-256 {DISK.sha256}" in said
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
    assert _held(store) == []


def test_an_instance_that_boots_stored_images(cloud: Cloud, store: Store) -> None:
    """They are sent as a whole or in part, stay while somebody needs them, and are not sent when they are damaged."""
    _add_ramdisk(store)
    server = cloud.enrol_available(
        name="booted-any-time",
        deploy_interface="ramdisk",
        driver_info={"deploy_kernel": "store://ipa.kernel", "deploy_ramdisk": "ipa.ramdisk"},
    )
    cloud.deploy(server, {"kernel": "ipa.kernel", "ramdisk": "ipa.ramdisk"})
    kernel = images.catalog()[images.KERNEL].content
    url = _url_of_kernel(cloud, server)
    answer = requests.get(url, headers={"Range": "bytes=100-199"}, timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (206, kernel[100:200])
    answer = requests.head(url, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(kernel)))
    status, said = store.command("remove", "ipa.kernel")
    assert (status, "booted-any-time" in said) == (1, True), said
    uuid = cloud.service.call("GET", "/v1/images/ipa.kernel")["uuid"]
    with (store.files / uuid).open("r+b") as file:
        file.write(b"changed")
    answer = requests.get(url, timeout=PATIENCE)
    assert (answer.status_code, b"changed" in answer.content) == (503, False)
    cloud.provision(server, "deleted", "available")
    assert store.command("remove", "ipa")[0] == 0


def _add_ramdisk(store: Store, *more: str) -> None:
    kernel, ramdisk = store.file(images.KERNEL), store.file(images.RAMDISK)
    store.add("--kernel", kernel, "--ramdisk", ramdisk, *more, "ipa")


def _url_of_kernel(cloud: Cloud, server: Server) -> str:
    mac = server.status["mac"].replace(":", "-")
    script = requests.get(f"{cloud.service.api_url}/boot/{mac}", timeout=PATIENCE).text
    (url,) = [word for word in script.split() if "/images/" in word and "/kernel?" in word]
    return url


def _held(store: Store) -> list[str]:
    return [path.name for path in store.files.iterdir() if not path.name.startswith(".")]


def test_an_image_that_is_not_what_it_is_called(store: Store) -> None:
    """Nothing of it remains, and the name is free again."""
    disk = store.file(DISK.name)
    cases = (
        ([disk, "--format", "qcow2"], "announced as qcow2, but its format is raw"),
        ([disk, "--sha256", "0" * 64], f"checksum is {DISK.sha256}"),
        ([_qcow2(store, "-b", str(disk), "-F", "raw")], "needs a backing file"),
        ([_converted(store, disk, "vmdk")], "its format is vmdk"),
        ([_written(store, "x.gz", gzip.compress(gzip.compress(DISK.content)))], "compressed with"),
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


def test_an_image_of_a_web_server(store: Store) -> None:
    with image_server() as served:
        served.files["/rack.raw"] = DISK.content
        store.add(f"{served.url}/rack.raw")
        shown = store.service.call("GET", "/v1/images/rack")
        assert (shown["sha256"], shown["source"]) == (DISK.sha256, f"{served.url}/rack.raw")
        status, said = store.command("add", f"{served.url}/nosuch")
        assert (status, "answers 404" in said) == (1, True)
    assert store.command("remove", "rack")[0] == 0


def _zstd(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zstd.ZstdFile(packed, "wb") as file:
        file.write(content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("ending", "compress"),
    [
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".bz2", bz2.compress),
        (".zst", _zstd),
    ],
)
def test_a_compressed_image(store: Store, ending: str, compress: Callable[[bytes], bytes]) -> None:
    """It is stored as agents write it, whichever of its two checksums is named; a damaged one is refused."""
    packed = _written(store, f"rack.raw{ending}", compress(DISK.content))
    for sha256 in (DISK.sha256, hashlib.sha256(packed.read_bytes()).hexdigest()):
        store.add(packed, "--sha256", sha256)
        shown = store.service.call("GET", "/v1/images/rack")
        assert (shown["disk_format"], shown["sha256"]) == ("raw", DISK.sha256)
        assert store.command("remove", "rack")[0] == 0
    status, said = store.command("add", packed, "--sha256", "0" * 64)
    assert (status, f"checksum is {DISK.sha256}" in said) == (1, True), said
    packed.write_bytes(packed.read_bytes()[:-9])
    status, said = store.command("add", packed)
    assert (status, "cannot be decompressed" in said) == (1, True), said
    assert store.command("show", "rack")[0] == 1


def test_a_compressed_image_of_a_web_server(store: Store) -> None:
    with image_server() as served:
        served.files["/rack.raw.xz"] = lzma.compress(DISK.content)
        store.add(f"{served.url}/rack.raw.xz")
        shown = store.service.call("GET", "/v1/images/rack")
        assert (shown["sha256"], shown["source"]) == (DISK.sha256, f"{served.url}/rack.raw.xz")
    assert store.command("remove", "rack")[0] == 0


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
