# SPDX-License-Identifier: Apache-2.0
"""Streams beside other requests: how long showing a node takes, compared with a quiet service in the same run."""

import contextlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.images import readers
from tests.waiting import PATIENCE

STREAMS = 50
SIZE = 4 * 1024**3
RATE = 1024 * 1024
"""Bytes per second of each server."""
REQUESTS = 100
ROUNDS = 3
MOST = 5
"""How many times as long a request may take beside the streams. On a blocked loop or thread it would take a hundred
times as long."""
NODES = 13
"""A node has up to four streams at the same time."""


@pytest.fixture
def service(
    tmp_path: Path, sqlite_url: str, make_deployment: Callable[..., Deployment]
) -> Deployment:
    """A service that may serve files."""
    options = {"conductor": {"file_url_allowed_paths": tmp_path / "images"}}
    made = make_deployment(database=sqlite_url, options=options)
    made.start_all_in_one()
    return made


@pytest.fixture
def nodes(tmp_path: Path, service: Deployment) -> dict[str, str]:
    """Nodes that boot a large kernel, by the MAC addresses of their ports."""
    (tmp_path / "images").mkdir()
    for name, size in (("kernel", SIZE), ("ramdisk", 1)):
        with (tmp_path / "images" / name).open("wb") as file:
            file.truncate(size)
    kernel, ramdisk = (f"file://{tmp_path}/images/{name}" for name in ("kernel", "ramdisk"))
    return {mac: _boots(service, kernel, ramdisk, mac) for mac in map(_mac, range(NODES))}


def _mac(number: int) -> str:
    return f"52:54:00:00:00:{number:02x}"


def _boots(service: Deployment, kernel: str, ramdisk: str, mac: str) -> str:
    node = service.create_node(
        driver="manual-management",
        deploy_interface="ramdisk",
        boot_interface="ipxe",
        automated_clean=False,
        driver_info={"deploy_kernel": kernel, "deploy_ramdisk": ramdisk},
        instance_info={"kernel": kernel, "ramdisk": ramdisk},
    )
    service.call("POST", "/v1/ports", {"node_uuid": node, "address": mac})
    for target, until in (("manage", "manageable"), ("provide", "available"), ("active", "active")):
        service.set_provision_state(node, target, until=until)
    return node


def _url(service: Deployment, mac: str) -> str:
    """The URL of the kernel, from the boot script of a node."""
    path = f"/boot/{mac.replace(':', '-')}"
    script = requests.get(f"{service.api_url}{path}", timeout=PATIENCE).text
    found = re.search(r"^kernel .*?(http\S+)", script, re.MULTILINE)
    assert found is not None, script
    return found[1]


@contextlib.contextmanager
def _streams(urls: list[str]) -> Iterator[None]:
    """Fifty servers that read the image, and one of them that stops after the beginning."""
    argv = [sys.executable, readers.__file__, str(STREAMS), str(RATE), *urls]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reading:
        assert reading.stdout is not None
        assert reading.stdin is not None
        assert reading.stdout.readline() == "all\n"
        yield
        reading.stdin.close()
        taken = int(reading.stdout.readline())
    assert taken > STREAMS * readers.MOST


def _shows(service: Deployment, node: str) -> list[float]:
    """The times to show a node, in seconds."""
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        service.node(node)
        times.append(time.perf_counter() - began)
    return times


@pytest.mark.timed
def test_showing_a_node_beside_fifty_streams(service: Deployment, nodes: dict[str, str]) -> None:
    urls = [_url(service, mac) for mac in nodes]
    node = nodes[_mac(0)]
    quiet: list[float] = []
    busy: list[float] = []
    for _ in range(ROUNDS):
        quiet += _shows(service, node)
        with _streams(urls):
            busy += _shows(service, node)
    ratio = statistics.median(busy) / statistics.median(quiet)
    print(
        f"median {1000 * statistics.median(quiet):.2f} ms quiet, {1000 * statistics.median(busy):.2f} ms beside "
        f"{STREAMS} streams: {ratio:.2f} times as long; slowest {max(busy) / max(quiet):.2f} times"
    )
    assert ratio < MOST
