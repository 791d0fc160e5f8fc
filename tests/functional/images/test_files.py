# SPDX-License-Identifier: Apache-2.0
"""Images in files: which ones may be used, and their parts."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite.api.front.service import APIService
from ironic_lite.api.images import streams
from ironic_lite.common import context, exception
from ironic_lite.conf import CONF
from ironic_lite.images import file
from ironic_lite.images.image import Client
from ironic_lite_simulator import images
from tests.functional.api import serving
from tests.functional.rack import cloud as rack_cloud
from tests.waiting import PATIENCE

CLIENT = Client(context.RequestContext(auth_disabled=True))
CONTENT = os.urandom(700_001)
NODE = "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7"


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    directory = tmp_path / "images"
    directory.mkdir()
    (directory / "disk.raw").write_bytes(CONTENT)
    (tmp_path / "secret").write_bytes(b"secret")
    CONF.set_override("file_url_allowed_paths", [str(directory)], group="conductor")
    return directory


def test_a_file(allowed: Path) -> None:
    (allowed / "a b%").write_bytes(b"x")
    (allowed / "link").symlink_to(allowed / "disk.raw")
    for url, size in (
        (f"file://{allowed}/disk.raw", len(CONTENT)),
        (f"file://localhost{allowed}/disk.raw", len(CONTENT)),
        (f"file://{allowed}/a%20b%25", 1),
        (f"file://{allowed}/link", len(CONTENT)),
    ):
        found = file.resolve(url, "image_source", CLIENT)
        assert found.size == size
        assert file.origin(found.pin, CLIENT).size == size


Prepare = Callable[[Path], str]


def _link(target: str) -> Prepare:
    def prepare(allowed: Path) -> str:
        (allowed / "link").symlink_to(target)
        return f"file://{allowed}/link"

    return prepare


def _directory_link(allowed: Path) -> str:
    (allowed / "up").symlink_to("..")
    return f"file://{allowed}/up/secret"


def _pipe(allowed: Path) -> str:
    os.mkfifo(allowed / "pipe")
    return f"file://{allowed}/pipe"


@pytest.mark.parametrize(
    "prepare",
    [
        lambda allowed: f"file://{allowed}/../secret",
        lambda allowed: f"file://{allowed}/%2e%2e/secret",
        lambda allowed: f"file://{allowed.parent}/secret",
        lambda allowed: f"file://{allowed}-2/disk.raw",
        lambda allowed: f"file://{allowed}/missing",
        lambda allowed: f"file://{allowed}",
        lambda allowed: f"file://{allowed}/",
        lambda allowed: f"file://host{allowed}/disk.raw",
        lambda allowed: f"file://{allowed}/disk.raw?x=1",
        lambda _allowed: "file:///etc/passwd",
        lambda _allowed: "file:///dev/zero",
        lambda _allowed: "file:///proc/self/environ",
        lambda _allowed: "file://",
        lambda allowed: f"file://{allowed}/disk.raw%00",
        _link("../secret"),
        _link("/etc/passwd"),
        _link("/dev/zero"),
        _directory_link,
        _pipe,
    ],
)
def test_what_is_refused(allowed: Path, prepare: Prepare) -> None:
    url = prepare(allowed)
    with pytest.raises(exception.ImageRefValidationFailed):
        file.resolve(url, "image_source", CLIENT)
    with pytest.raises(exception.ImageRefValidationFailed):
        file.opened(url.removeprefix("file://"))


def test_nothing_is_allowed_by_default(allowed: Path) -> None:
    CONF.set_override("file_url_allowed_paths", [], group="conductor")
    with pytest.raises(exception.ImageRefValidationFailed, match="file_url_allowed_paths"):
        file.resolve(f"file://{allowed}/disk.raw", "image_source", CLIENT)


@pytest.mark.parametrize("directory", ["/", "/etc", "/proc"])
def test_the_systems_own_files_are_never_served(directory: str) -> None:
    CONF.set_override("file_url_allowed_paths", [directory], group="conductor")
    for path in ("/etc/passwd", "/proc/self/status"):
        with pytest.raises(exception.ImageRefValidationFailed):
            file.resolve(f"file://{path}", "image_source", CLIENT)


@pytest.fixture
def api(allowed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[APIService]:
    opened = {"url": "", "path": str(allowed / "disk.raw"), "size": len(CONTENT)}

    class Conductors:
        def any(self) -> Any:
            return type("Calls", (), {"open_image": staticmethod(lambda *_: opened)})

    monkeypatch.setattr(streams.rpcapi, "ConductorAPI", Conductors)
    with serving.running(serving.hello, {streams.PREFIX: streams.ImageStreams()}) as made:
        yield made


def _get(api: APIService, method: str = "GET", **headers: str) -> requests.Response:
    url = f"{api.url}/images/{NODE}/image_source?token=x"
    return requests.request(method, url, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-99999", 10, 100_000),
        ("bytes=700000-", 700_000, 700_001),
        ("bytes=5-99999999", 5, 700_001),
        ("bytes=-7", 699_994, 700_001),
        ("bytes=-9999999", 0, 700_001),
    ],
)
def test_a_part(api: APIService, wanted: str, start: int, end: int) -> None:
    answer = _get(api, Range=wanted)
    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("wanted", ["bytes=9-5", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "x"])
def test_what_is_no_part_is_the_whole(api: APIService, wanted: str) -> None:
    answer = _get(api, Range=wanted)
    assert (answer.status_code, answer.content) == (200, CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=700001-", "bytes=900000-900001", "bytes=-0"])
def test_a_part_behind_the_end(api: APIService, wanted: str) -> None:
    answer = _get(api, Range=wanted)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_part_of_a_file_that_has_changed(api: APIService, allowed: Path) -> None:
    tag = _get(api, "HEAD").headers["ETag"]
    assert _get(api, Range="bytes=0-9", **{"If-Range": tag}).status_code == 206
    (allowed / "disk.raw").write_bytes(b"another")
    answer = _get(api, Range="bytes=0-9", **{"If-Range": tag})
    assert (answer.status_code, answer.content) == (200, b"another")


def test_a_file_that_is_not_allowed_here(api: APIService) -> None:
    CONF.set_override("file_url_allowed_paths", [], group="conductor")
    answer = _get(api)
    assert answer.status_code == 503
    assert "disk.raw" not in answer.text


def test_a_deployment(tmp_path: Path) -> None:
    directory = tmp_path / "images"
    directory.mkdir()
    catalog = images.catalog()
    for image in catalog.values():
        (directory / image.name).write_bytes(image.content)
    disk = catalog[images.DISK_IMAGE]
    with rack_cloud.running(
        tmp_path, conductor={"file_url_allowed_paths": str(directory)}
    ) as cloud:
        server = cloud.enrol_available(
            driver_info={
                "deploy_kernel": f"file://{directory}/{images.KERNEL}",
                "deploy_ramdisk": f"file://{directory}/{images.RAMDISK}",
            }
        )
        info = {
            "image_source": f"file://{directory}/{disk.name}",
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": disk.sha256,
        }
        cloud.deploy(server, info)
        assert server.wait_booted()["booted_image"] == disk.sha256
