# SPDX-License-Identifier: Apache-2.0
"""The ramdisk that the command builds boots, and its agent inspects for this service."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment
from tests.functional.ramdisk import guest
from tests.functional.servers import ramdisk
from tests.functional.servers.ramdisk import Built

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="session")
def built() -> Built:
    return ramdisk.ready()


def test_it_lacks_nothing(built: Built) -> None:
    script = Path(sys.executable).with_name("ironic-lite")
    done = subprocess.run(
        [str(script), "ramdisk", "check", "--json", str(built.directory)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert not any(told["missing"].values())
    assert "Debian" in told["kernel"]["signer"]
    manifest = json.loads((built.directory / "manifest.json").read_text())
    assert told["initramfs"]["agent"] == manifest["agent"]


def test_its_agent_inspects_a_machine(
    built: Built, make_deployment: Callable[..., Deployment], sqlite_url: str, tmp_path: Path
) -> None:
    service = make_deployment(
        database=sqlite_url, options={"conductor": {"inspect_wait_timeout": 3600}}
    )
    service.start_all_in_one({"api": {"public_endpoint": f"http://{guest.HOST}:{service.port}"}})
    node = service.create_node(
        driver="fake-hardware",
        deploy_interface="direct",
        boot_interface="fake",
        inspect_interface="agent",
    )
    service.call("POST", "/v1/ports", {"node_uuid": node, "address": guest.MAC})
    service.set_provision_state(node, "manage", until="manageable")
    with guest.booted(built, service.port, tmp_path):
        service.set_provision_state(node, "inspect", until="manageable", timeout=guest.BOOT)
        assert service.node(node)["properties"]["cpu_arch"] == "x86_64"
