# SPDX-License-Identifier: Apache-2.0
"""Images that an API keeps: fetched once, verified, bounded."""

import concurrent.futures
import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite.api.front.service import APIService
from ironic_lite.api.images import cache
from ironic_lite.conf import CONF
from tests.functional.images import origin, streaming
from tests.waiting import PATIENCE, wait_for

SIZE = 300_000
CONTENTS = {name: os.urandom(SIZE) for name in ("a", "b", "c")}


@pytest.fixture
def source() -> Iterator[origin.Origin]:
    with origin.running() as made:
        made.content = CONTENTS["a"]
        yield made


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    CONF.set_override("cache_size", 2 * SIZE + 10, group="images")
    CONF.set_override("cache_path", str(tmp_path / "kept"), group="images")
    return tmp_path / "kept"


@pytest.fixture
def api(
    source: origin.Origin, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[APIService]:
    """An API whose conductors say that the source has the image that the token names, with its checksum."""

    def answer(_context: Any, _node: str, _field: str, token: str) -> Mapping[str, Any]:
        digest = hashlib.sha256(CONTENTS[token]).hexdigest()
        return {
            "url": f"{source.url}/{token}",
            "is_trusted": True,
            "size": SIZE,
            "digest": f"sha256:{digest}",
        }

    with streaming.running(monkeypatch, answer) as made:
        yield made


def _get(api: APIService, name: str = "a", **headers: str) -> requests.Response:
    url = f"{api.url}/images/{uuid.uuid4()}/image_source?token={name}"
    return requests.get(url, headers=headers, timeout=PATIENCE)


def test_an_image_is_fetched_once(api: APIService, source: origin.Origin, directory: Path) -> None:
    """However many servers read it at the same time, in whole or in part."""
    with concurrent.futures.ThreadPoolExecutor(20) as servers:
        answers = list(servers.map(lambda _: _get(api), range(20)))
    assert all(answer.content == CONTENTS["a"] for answer in answers)
    assert _get(api, Range="bytes=5-9").content == CONTENTS["a"][5:10]
    assert len(source.requests) == 1
    assert [path.stat().st_mode & 0o077 for path in (directory, *directory.iterdir())] == [0, 0]


@pytest.mark.parametrize("change", [{"content": CONTENTS["b"]}, {"sends": 1000}, {"status": 500}])
def test_a_wrong_image_is_not_kept(
    api: APIService, source: origin.Origin, directory: Path, change: dict[str, Any]
) -> None:
    """The server gets what the source sends, and verifies it itself; later ones get the right image."""
    for name, value in change.items():
        setattr(source, name, value)
    try:
        _get(api)
    except requests.exceptions.ChunkedEncodingError:
        assert "sends" in change
    assert list(directory.iterdir()) == []
    source.content, source.sends, source.status = CONTENTS["a"], None, None
    assert _get(api).content == CONTENTS["a"]
    assert len(list(directory.iterdir())) == 1


def test_the_image_that_was_not_used_for_longest_goes(
    api: APIService, source: origin.Origin, directory: Path
) -> None:
    for name in ("a", "b"):
        source.content = CONTENTS[name]
        assert _get(api, name).content == CONTENTS[name]
    first, second = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime)
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    assert _get(api, "a").content == CONTENTS["a"]
    source.content = CONTENTS["c"]
    assert _get(api, "c").content == CONTENTS["c"]
    assert first.exists()
    assert not second.exists()
    assert sum(path.stat().st_size for path in directory.iterdir()) <= CONF.images.cache_size


def test_a_slow_source_keeps_nobody_waiting(
    api: APIService, source: origin.Origin, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PATIENCE", 0.2)
    source.stalls.set()
    with concurrent.futures.ThreadPoolExecutor(1) as servers:
        answer = servers.submit(_get, api)
        wait_for(lambda: len(source.requests) == 2, "a stream beside the download")
        source.stalls.clear()
        assert answer.result().content == CONTENTS["a"]
    wait_for(lambda: [p.suffix for p in directory.iterdir()] == [""], "the complete image")


def test_what_an_api_that_was_killed_has_left(api: APIService, directory: Path) -> None:
    directory.mkdir(0o700)
    old = directory / "sha256-x.1.part"
    old.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert _get(api).content == CONTENTS["a"]
    assert not old.exists()
