# SPDX-License-Identifier: Apache-2.0
"""Two API machines: each sends images that the other one has, and sends uploads to where they have begun."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ironic_lite_simulator import images
from tests.functional.images.store import Store
from tests.functional.rack import cloud as rack_cloud
from tests.functional.rack.cloud import Cloud
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess
from tests.waiting import PATIENCE, wait_for

MIB = 1024 * 1024
CURRENT = {"X-OpenStack-Ironic-API-Version": "latest"}
STORE = {"image_store": {"min_free": 0, "check_interval": 1}}


class Second:
    """Another API machine of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.port = free_port()
        service = cloud.service
        options = {**STORE, "api": {"port": self.port}}
        self.process: ServerProcess = service._process("api-2", ["api"], options)
        self.files = Path(service.directory) / "api-2.state" / "images"
        self.url = f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=PATIENCE).ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def cloud(tmp_path: Path, mariadb_url: str, rabbitmq_url: str) -> Iterator[Cloud]:
    with rack_cloud.of_one_conductor(tmp_path, mariadb_url, rabbitmq_url, api=STORE) as made:
        yield made


@pytest.fixture
def second(cloud: Cloud) -> Iterator[Second]:
    made = Second(cloud)
    made.process.start()
    made.process.wait_until(made.answers, "an answer of the second API")
    yield made
    made.process.stop()


def test_two_api_machines(cloud: Cloud, second: Second, tmp_path: Path) -> None:
    store = Store(cloud.service, tmp_path)
    first_files = Path(cloud.service.directory) / "api.state" / "images"
    _goes_on_where_it_began(cloud, second, store)
    kernel, ramdisk = store.file(images.KERNEL), store.file(images.RAMDISK)
    store.add("--kernel", kernel, "--ramdisk", ramdisk, "ipa")
    server = cloud.enrol_available(deploy_interface="ramdisk")
    cloud.deploy(server, {"kernel": "ipa.kernel", "ramdisk": "ipa.ramdisk"})
    path = _path_of_kernel(cloud, server.status["mac"])
    content = images.catalog()[images.KERNEL].content
    answer = requests.get(f"{second.url}{path}", timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (200, content)
    part = {"Range": "bytes=5-9"}
    answer = requests.get(f"{second.url}{path}", headers=part, timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (206, content[5:10])
    # Somebody copies the file: the second machine notices, checks it, and sends it itself.
    uuid = cloud.service.call("GET", "/v1/images/ipa.kernel")["uuid"]
    second.files.mkdir(parents=True, exist_ok=True)
    assert cloud.service.api is not None
    cloud.service.api.kill()
    answer = requests.get(f"{second.url}{path}", timeout=PATIENCE)
    assert (answer.status_code, "do not send it now" in answer.text) == (503, True)
    (second.files / uuid).write_bytes((first_files / uuid).read_bytes())
    answer = requests.get(f"{second.url}{path}", timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (200, content)


def _goes_on_where_it_began(cloud: Cloud, second: Second, store: Store) -> None:
    content = random.Random(1).randbytes(3 * MIB)
    file = store.directory / "some.raw"
    file.write_bytes(content)
    uuid = cloud.service.call("POST", "/v1/images", {"name": "some"})["uuid"]
    headers = {**CURRENT, "Content-Range": f"bytes 0-{MIB - 1}/{3 * MIB}"}
    url = f"/v1/images/{uuid}/upload"
    begun = requests.put(
        f"{second.url}{url}", data=content[:MIB], headers=headers, timeout=PATIENCE
    )
    assert begun.status_code == 202, begun.text
    told = requests.get(
        f"{cloud.service.api_url}{url}", headers=CURRENT, timeout=PATIENCE, allow_redirects=False
    )
    assert (told.status_code, told.headers["Location"]) == (307, f"{second.url}{url}")
    store.add(file)
    shown: dict[str, Any] = cloud.service.call("GET", "/v1/images/some")
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    places = cloud.service.call("GET", f"/v1/images/{uuid}/locations")["locations"]
    assert [place["url"] for place in places] == [second.url]
    # A removed image leaves nothing on the machine that was not asked to remove it.
    assert store.command("remove", "some")[0] == 0
    wait_for(
        lambda: not (second.files / uuid).exists(),
        "the second machine to remove it",
        timeout=90,
    )


def _path_of_kernel(cloud: Cloud, mac: str) -> str:
    place = f"{cloud.service.api_url}/boot/{mac.replace(':', '-')}"
    script = requests.get(place, timeout=PATIENCE).text
    (url,) = [word for word in script.split() if "/images/" in word and "/kernel?" in word]
    return url.removeprefix(cloud.service.api_url)
