# SPDX-License-Identifier: Apache-2.0
"""A conductor, or the API, is killed in the middle of a stream, and the deployment ends well.

Over RabbitMQ and MariaDB; the API has no access to the database.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator import images
from tests.functional.deployment import WITHOUT_DATABASE
from tests.functional.images import origin
from tests.functional.rack.cloud import QUICK, Cloud, Server, of_one_conductor
from tests.waiting import wait_for

DISK = images.catalog()[images.DISK_IMAGE]
# While the API is away, the agent tries for as long as an API may take to start on a busy machine.
TIMING = dataclasses.replace(QUICK, download_retry=10.0)


@pytest.fixture
def cloud(tmp_path: Path, mariadb_url: str, rabbitmq_url: str) -> Iterator[Cloud]:
    with of_one_conductor(tmp_path, mariadb_url, rabbitmq_url, TIMING, WITHOUT_DATABASE) as made:
        yield made


@pytest.fixture
def source() -> Iterator[origin.Origin]:
    """The image's web server, which stops in the middle of the image."""
    with origin.running() as made:
        made.content = DISK.content
        made.stalls.set()
        yield made


def _half_way(cloud: Cloud, source: origin.Origin) -> Server:
    """A server whose image is half written."""
    server = cloud.enrol_available()
    info = {
        "image_source": f"{source.url}/disk",
        "image_download_source": "local",
        "image_os_hash_algo": "sha256",
        "image_os_hash_value": DISK.sha256,
    }
    cloud.set(server, instance_info=info)
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": "active"})
    wait_for(lambda: server.status["disk_image_size"], "the first half of the image")
    return server


def _is_active(cloud: Cloud, server: Server, source: origin.Origin) -> None:
    cloud.service.wait_for_node(
        server.node, timeout=120, provision_state="active", reservation=None
    )
    assert server.wait_booted()["booted_image"] == DISK.sha256
    assert source.streaming == 0


def test_a_conductor(cloud: Cloud, source: origin.Origin) -> None:
    """The stream continues without the conductor."""
    server = _half_way(cloud, source)
    cloud.service.kill_conductor("c1")
    half = server.status["disk_image_size"]
    source.stalls.clear()
    wait_for(lambda: server.status["disk_image_size"] > half, "the second half of the image")
    cloud.service.add_conductor("c1")
    _is_active(cloud, server, source)
    assert len(source.requests) == 1


def test_an_api(cloud: Cloud, source: origin.Origin) -> None:
    """The agent tries again with the same URL, at the API that comes after it."""
    server = _half_way(cloud, source)
    api = cloud.service.api
    assert api is not None
    api.kill()
    wait_for(lambda: source.streaming == 0, "the end of the stream")
    source.stalls.clear()
    cloud.service.start_api(WITHOUT_DATABASE)
    _is_active(cloud, server, source)
    assert len(source.requests) > 1
