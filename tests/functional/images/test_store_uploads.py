# SPDX-License-Identifier: Apache-2.0
"""Uploads that are cut off, killed, too many, too large, or for which there is no room."""

import contextlib
import hashlib
import os
import random
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.images.store import Store
from tests.waiting import PATIENCE, wait_for

MIB = 1024 * 1024
LIMIT = 48 * MIB
OPTIONS = {
    "DEFAULT": {"debug": False},
    "image_store": {"min_free": 0, "max_image_size": 40 * MIB, "max_size": LIMIT},
}


@pytest.fixture
def service(tmp_path: Path, sqlite_url: str) -> Iterator[Deployment]:
    with Deployment(tmp_path, sqlite_url, options=OPTIONS) as made:
        made.start_all_in_one()
        yield made


@pytest.fixture
def store(service: Deployment, tmp_path: Path) -> Store:
    return Store(service, tmp_path)


def _content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def _put(service: Deployment, uuid: str, content: bytes, place: str | None = None) -> Any:
    headers = {"X-OpenStack-Ironic-API-Version": "latest"}
    if place is not None:
        headers["Content-Range"] = place
    url = f"{service.api_url}/v1/images/{uuid}/upload"
    return requests.put(url, data=content, headers=headers, timeout=PATIENCE)


def _cut_off(service: Deployment, uuid: str, content: bytes, sent: int) -> None:
    """Announce all of it, send a part, and leave when that is on the disk."""
    with _sending(service, uuid, content, sent):
        pass


@contextlib.contextmanager
def _sending(service: Deployment, uuid: str, content: bytes, sent: int) -> Iterator[socket.socket]:
    head = (
        f"PUT /v1/images/{uuid}/upload HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as connection:
        connection.sendall(head.encode() + content[:sent])
        wait_for(lambda: _progress(service, uuid)["offset"] == sent, "the bytes to arrive")
        yield connection


def _progress(service: Deployment, uuid: str) -> dict[str, Any]:
    told: dict[str, Any] = service.call("GET", f"/v1/images/{uuid}/upload")
    return told


def _create(service: Deployment, name: str = "some") -> str:
    return str(service.call("POST", "/v1/images", {"name": name})["uuid"])


def test_an_upload_that_was_cut_off_goes_on(service: Deployment, store: Store) -> None:
    content = _content(6 * MIB)
    file = store.directory / "some.raw"
    file.write_bytes(content)
    uuid = _create(service)
    _cut_off(service, uuid, content, 2 * MIB)
    assert service.call("GET", f"/v1/images/{uuid}")["status"] == "uploading"
    with_gap = _put(service, uuid, content[3 * MIB :], f"bytes {3 * MIB}-{6 * MIB - 1}/{6 * MIB}")
    assert (with_gap.status_code, str(2 * MIB) in with_gap.text) == (409, True)
    whole = _put(service, uuid, content)
    assert whole.status_code == 409
    store.add(file)
    shown = service.call("GET", "/v1/images/some")
    assert (shown["uuid"], shown["status"]) == (uuid, "active")
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert (store.files / uuid).read_bytes() == content


def test_another_file_does_not_go_on_with_it(service: Deployment, store: Store) -> None:
    uuid = _create(service)
    _cut_off(service, uuid, _content(6 * MIB), 2 * MIB)
    file = store.directory / "some.raw"
    file.write_bytes(_content(6 * MIB, seed=2))
    status, said = store.command("add", file)
    assert (status, "other bytes than the file" in said) == (1, True), said


def test_in_pieces(service: Deployment) -> None:
    content, size = _content(5 * MIB), 5 * MIB
    uuid = _create(service)
    for start in range(0, size, 2 * MIB):
        end = min(start + 2 * MIB, size)
        answer = _put(service, uuid, content[start:end], f"bytes {start}-{end - 1}/{size}")
        assert answer.status_code == (200 if end == size else 202), answer.text
    assert answer.json()["sha512"] == hashlib.sha512(content).hexdigest()
    assert _put(service, uuid, content).status_code == 409


@pytest.mark.parametrize(
    "place", ["bytes 0-1/1", "bytes 5-1/10", "bytes */10", "pages 0-1/2", "bytes 0-9/10"]
)
def test_a_place_that_does_not_fit(service: Deployment, place: str) -> None:
    answer = _put(service, _create(service), b"abc", place)
    assert (answer.status_code, "Content-Range" in answer.text) == (400, True)


def test_a_service_that_is_killed_in_the_middle(service: Deployment, store: Store) -> None:
    """There is never half an image: it cannot be deployed, and its upload goes on after the next start."""
    content = _content(6 * MIB)
    file = store.directory / "some.raw"
    file.write_bytes(content)
    uuid = _create(service)
    with _sending(service, uuid, content, 2 * MIB):
        assert service.api is not None
        service.api.kill()
    # One that was killed between the new name of the file and the change of the record.
    other = _create_killed(store, uuid)
    service.start_all_in_one()
    listed = service.call("GET", "/v1/images?status=active")["images"]
    assert listed == []
    node = service.create_node(driver="fake-hardware", deploy_interface="fake")
    assert service.node(node)["provision_state"] == "enroll"
    wait_for(lambda: not other.exists(), "what belongs to no record to be removed")
    store.add(file)
    assert service.call("GET", "/v1/images/some")["status"] == "active"
    assert (store.files / uuid).read_bytes() == content


def _create_killed(store: Store, uuid: str) -> Path:
    (store.files / f"{uuid}.part").rename(store.files / uuid)
    other = store.files / "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7.part"
    other.write_bytes(b"of nobody")
    return other


def test_three_at_once(service: Deployment, store: Store) -> None:
    contents = [_content(8 * MIB, seed) for seed in range(3)]
    running = []
    for number, content in enumerate(contents):
        file = store.directory / f"image-{number}.raw"
        file.write_bytes(content)
        running.append(store.start("add", file))
    for process in running:
        said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
    for number, content in enumerate(contents):
        shown = service.call("GET", f"/v1/images/image-{number}")
        assert shown["sha256"] == hashlib.sha256(content).hexdigest()


def test_two_requests_do_not_write_one_image(service: Deployment) -> None:
    content, uuid = _content(4 * MIB), _create(service)
    with _sending(service, uuid, content, MIB) as connection:
        refused = _put(service, uuid, content[MIB:], f"bytes {MIB}-{4 * MIB - 1}/{4 * MIB}")
        assert (refused.status_code, "right now" in refused.text) == (409, True)
        connection.sendall(content[MIB:])
        assert b" 200 OK" in connection.recv(4096)
    assert _progress(service, uuid)["status"] == "active"


def test_what_has_no_room(service: Deployment, store: Store) -> None:
    uuid = _create(service)
    too_large = _put(service, uuid, b"abc", f"bytes 0-2/{41 * MIB}")
    assert (too_large.status_code, "max_image_size" in too_large.text) == (413, True)
    large = store.directory / "large.raw"
    large.write_bytes(_content(30 * MIB))
    store.add(large)
    again = store.directory / "again.raw"
    again.write_bytes(_content(30 * MIB, seed=2))
    status, said = store.command("add", again)
    assert (status, "max_size" in said) == (1, True), said
    assert store.command("show", "again")[0] == 1
    assert store.command("remove", "large")[0] == 0
    store.add(again)


def test_a_full_disk(service: Deployment, store: Store) -> None:
    """What came stays, and the upload goes on when there is room."""
    assert service.api is not None
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(service.api.pid, resource.RLIMIT_FSIZE, (4 * MIB, unlimited))
    file = store.directory / "some.raw"
    file.write_bytes(_content(10 * MIB))
    status, said = store.command("add", file)
    assert (status, "disk of the image store is full" in said) == (1, True), said
    resource.prlimit(service.api.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    store.add(file)


def test_memory_does_not_grow_with_the_image(service: Deployment, store: Store) -> None:
    assert service.api is not None
    file = store.directory / "sparse.raw"
    with file.open("wb") as stream:
        os.truncate(stream.fileno(), 40 * MIB)
    small = store.directory / "small.raw"
    small.write_bytes(_content(MIB))
    store.add(small)
    before = _memory(service.api.pid)
    store.add(file)
    assert _memory(service.api.pid) - before < 20 * MIB


def _memory(pid: int) -> int:
    """The most that the process has had so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [each for each in status.splitlines() if each.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
