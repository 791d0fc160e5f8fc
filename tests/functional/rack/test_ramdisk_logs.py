# SPDX-License-Identifier: Apache-2.0
"""The logs of a ramdisk: collected when its operation fails, kept within bounds, read with one command."""

import base64
import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.rack.cloud import Cloud, Server, running
from tests.functional.test_explain import command
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

Row = dict[str, Any]
ARCHIVE = gzip.compress(b"an archive that nobody unpacks", mtime=0)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the conductor keeps logs."""
    return tmp_path_factory.mktemp("kept") / "logs"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, kept: Path) -> Iterator[Cloud]:
    directory = tmp_path_factory.mktemp("logs")
    options: dict[str, object] = {"deploy_logs_local_path": kept, "deploy_logs_max_per_node": 2}
    with running(directory, agent=options) as made:
        yield made


def logs(cloud: Cloud, server: Server) -> list[Row]:
    listed: list[Row] = cloud.service.call("GET", f"/v1/nodes/{server.node}/logs")["logs"]
    return listed


def fail_to_deploy(cloud: Cloud, server: Server) -> Row:
    cloud.rack.set_faults(server.index, image_write_fails=True)
    cloud.set(server, instance_info=cloud.disk_image())
    return cloud.provision(server, "active", "deploy failed")


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {
            one.name: file.read()
            for one in archive
            if (file := archive.extractfile(one)) is not None
        }


def test_a_deployment_that_fails(cloud: Cloud, kept: Path, tmp_path: Path) -> None:
    server = cloud.enrol_available()
    fail_to_deploy(cloud, server)
    (one,) = logs(cloud, server)
    assert one["conductor"] == "all-in-one"
    assert one["name"].startswith(server.node) and one["name"].endswith(".tar.gz")
    assert "_deployment_" in one["name"]
    answer = cloud.service.request("GET", f"/v1/nodes/{server.node}/logs/{one['id']}")
    assert answer.headers["Content-Type"] == "application/gzip"
    assert one["name"] in answer.headers["Content-Disposition"]
    assert members(answer.content) == {
        "journal": f"virtual agent on server-{server.index}\n".encode()
    }
    # They may hold secrets.
    assert kept.stat().st_mode & 0o777 == 0o700
    assert (kept / one["name"]).stat().st_mode & 0o777 == 0o600

    api = ("--api", cloud.service.api_url)
    shown = command("logs", server.node, *api)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == f"==> journal <==\nvirtual agent on server-{server.index}\n"
    listed = command("logs", server.node, "--list", *api)
    assert one["name"] in listed.stdout and str(one["id"]) in listed.stdout
    file = tmp_path / "logs.tar.gz"
    assert command("logs", server.node, "--output", str(file), *api).returncode == 0
    assert file.read_bytes() == answer.content
    assert file.stat().st_mode & 0o777 == 0o600
    advice = cloud.service.call("GET", f"/v1/nodes/{server.node}/timeline")["summary"]["advice"]
    assert any("ironic-lite logs" in each for each in advice)


@pytest.mark.parametrize(
    "fault",
    [{"agent_never_boots": True}, {"agent_dies_on": "erase_devices_metadata"}],
    ids=["never-there", "dead"],
)
def test_an_agent_that_cannot_be_reached(tmp_path: Path, fault: Row) -> None:
    with running(tmp_path, conductor={"clean_callback_timeout": 5}) as cloud:
        server = cloud.enrol()
        cloud.manage(server)
        cloud.rack.set_faults(server.index, **fault)
        cloud.provision(server, "provide", "clean failed")
        (one,) = logs(cloud, server)
        assert (one["id"], one["name"]) == (None, None)
        assert "the agent of node" in one["detail"] or "no agent of node" in one["detail"]
        shown = command("logs", server.node, "--api", cloud.service.api_url)
        assert shown.returncode == 1
        assert "no logs of this node's ramdisk were collected" in shown.stderr
        assert one["detail"] in shown.stderr


def test_nothing_is_collected_without_a_failure_or_a_ramdisk(cloud: Cloud) -> None:
    server = cloud.enrol()
    assert (
        "No logs" in command("logs", server.node, "--list", "--api", cloud.service.api_url).stdout
    )
    cloud.manage(server)
    cloud.provision(server, "provide", "available")
    assert logs(cloud, server) == []
    node = cloud.service.create_node(driver="fake-hardware")
    assert cloud.service.call("GET", f"/v1/nodes/{node}/logs") == {"logs": []}


def test_only_the_newest_are_kept(cloud: Cloud, kept: Path) -> None:
    server = cloud.enrol_available()
    for _ in range(3):
        fail_to_deploy(cloud, server)
    first, *newest = reversed(logs(cloud, server))
    assert sorted(path.name for path in kept.glob(f"{server.node}*")) == [
        one["name"] for one in newest
    ]
    gone = cloud.service.request("GET", f"/v1/nodes/{server.node}/logs/{first['id']}")
    assert gone.status_code == 404
    assert "not any more" in gone.text


def _inspected(cloud: Cloud, server: Server, until: str, **more: Any) -> None:
    """Inspect a server whose ramdisk sends logs."""
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": "inspect"})
    cloud.service.wait_for_node(server.node, provision_state="inspect wait", reservation=None)
    mac = server.status["mac"]
    data = {
        "inventory": {
            "interfaces": [
                {
                    "name": "eth0",
                    "mac_address": mac,
                    "has_carrier": True,
                    "ipv4_address": "192.0.2.7",
                }
            ],
            "cpu": {"architecture": "x86_64", "count": 1},
            "memory": {"physical_mb": 1024},
            "disks": [],
        },
        "boot_interface": f"01-{mac.replace(chr(58), chr(45))}",
        "logs": base64.b64encode(ARCHIVE).decode(),
        **more,
    }
    answer = cloud.service.request("POST", "/v1/continue_inspection", data)
    assert answer.status_code == 202, answer.text
    cloud.service.wait_for_node(server.node, provision_state=until, reservation=None)


def test_logs_that_a_ramdisk_sends_with_its_inspection_data(cloud: Cloud, kept: Path) -> None:
    server = cloud.enrol(inspect_interface="agent")
    cloud.manage(server)
    _inspected(cloud, server, "inspect failed", error="the disk is on fire")
    (one,) = logs(cloud, server)
    assert "_inspection_" in one["name"] and "sent with the inspection data" in one["detail"]
    path = f"/v1/nodes/{server.node}/logs/{one['id']}"
    assert cloud.service.request("GET", path).content == ARCHIVE
    # What ends well leaves nothing.
    cloud.provision(server, "manage", "manageable")
    before = sorted(kept.glob(f"{server.node}*"))
    _inspected(cloud, server, "manageable")
    assert logs(cloud, server) == [one] and sorted(kept.glob(f"{server.node}*")) == before
    assert "sent_ramdisk_logs" not in cloud.show(server)["driver_internal_info"]
    # Something else than an archive is not kept.
    _inspected(cloud, server, "inspect failed", error="smoke", logs="bm90IGFuIGFyY2hpdmU=")
    newest = logs(cloud, server)[0]
    assert newest["id"] is None and sorted(kept.glob(f"{server.node}*")) == before


@pytest.mark.parametrize("ident", ["0", "999999", "x", "..%2f..%2fetc%2fpasswd", "%00"])
def test_logs_that_are_not_there(cloud: Cloud, ident: str) -> None:
    node = cloud.service.create_node(driver="fake-hardware")
    answer = cloud.service.request("GET", f"/v1/nodes/{node}/logs/{ident}")
    assert answer.status_code in (400, 404), answer.text


def test_logs_of_another_node(cloud: Cloud) -> None:
    server, other = cloud.enrol_available(), cloud.enrol()
    fail_to_deploy(cloud, server)
    (one,) = logs(cloud, server)
    answer = cloud.service.request("GET", f"/v1/nodes/{other.node}/logs/{one['id']}")
    assert answer.status_code == 404


def test_always(tmp_path: Path) -> None:
    options: dict[str, object] = {"deploy_logs_collect": "always"}
    with running(tmp_path, agent=options) as cloud:
        server = cloud.enrol()
        cloud.manage(server)
        cloud.provision(server, "provide", "available")
        (cleaned,) = logs(cloud, server)
        assert "_cleaning_" in cleaned["name"]
        cloud.deploy(server, cloud.disk_image())
        deployed, _ = logs(cloud, server)
        assert "_deployment_" in deployed["name"]
        assert len(list(tmp_path.rglob("*.tar.gz"))) == 2


def test_never(tmp_path: Path) -> None:
    with running(tmp_path, agent={"deploy_logs_collect": "never"}) as cloud:
        server = cloud.enrol_available()
        fail_to_deploy(cloud, server)
        assert logs(cloud, server) == []
        assert list(tmp_path.rglob("*.tar.gz")) == []


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    with running(tmp_path, agent={"deploy_logs_local_path": blocked / "logs"}) as cloud:
        server = cloud.enrol_available()
        failed = fail_to_deploy(cloud, server)
        assert "write_image" in failed["last_error"]
        (one,) = logs(cloud, server)
        assert one["id"] is None and "they cannot be stored" in one["detail"]


def test_the_conductor_that_has_them_is_asked(one_conductor: Cloud) -> None:
    cloud = one_conductor
    server = cloud.enrol_available()
    fail_to_deploy(cloud, server)
    (one,) = logs(cloud, server)
    assert one["conductor"] == "c1"
    path = f"/v1/nodes/{server.node}/logs/{one['id']}"
    assert members(cloud.service.request("GET", path).content).keys() == {"journal"}
    cloud.service.add_conductor("c2")
    cloud.service.kill_conductor("c1")

    def refused() -> Any:
        answer = cloud.service.request("GET", path)
        # An answer with an error is false.
        return [answer] if "not alive" in answer.text else []

    (answer,) = wait_for(refused, "the conductor to count as dead")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "Conductor 'c1', which has the logs, is not alive" in answer.text
