# SPDX-License-Identifier: Apache-2.0
"""A discovery that is cut off, and notifications about discovered servers; by a conductor of this process."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.discovery import recognition
from ironic_lite.conductor.operations.flows import inspect
from ironic_lite.conductor.periodics import orphans
from ironic_lite.objects.node_journal import NodeJournal
from ironic_lite.objects.node_records import NodeInventory
from ironic_lite_simulator import ipxe
from tests.functional.conductor.outbox import waiting
from tests.options import overridden
from tests.waiting import wait_for

INVENTORY = {
    "interfaces": [{"name": "eth0", "mac_address": "52:54:00:00:00:01"}],
    "cpu": {"architecture": "x86_64"},
    "system_vendor": {"manufacturer": "Maker", "serial_number": "A1"},
}


@pytest.fixture
def discovering() -> Iterator[None]:
    with overridden({"auto_discovery": {"enabled": True, "driver": "fake-hardware"}}):
        yield


def _discover(cloud: Any) -> Any:
    told = {"address": "192.0.2.7", "system_uuid": None}
    return cloud.api.any().discover(cloud.context, INVENTORY, {}, told)


def _settled(cloud: Any, node: Any) -> Any:
    def there() -> Any:
        now = cloud.node(node)
        return now if now.reservation is None and now.operation is None else None

    return wait_for(there, "the end of the discovery")


class _Died(exception.WorkCutOff):
    """The conductor ends here, as far as the database shows."""


@pytest.mark.usefixtures("discovering", "conductor")
def test_data_that_a_conductor_has_left_is_processed(cloud: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as cut:

        def die(*_args: Any) -> None:
            raise _Died

        cut.setattr(inspect, "evaluate", die)
        node = _discover(cloud)
        wait_for(lambda: cloud.node(node).reservation is None, "the end of the worker")
    with pytest.raises(exception.NodeInventoryNotFound):
        NodeInventory.get(cloud.context, node.id)
    with cloud.running[0].manager.identity.active():
        orphans.recover(cloud.context)
    found = _settled(cloud, node)
    assert (found.provision_state, found.last_error) == ("enroll", None)
    assert NodeInventory.get(cloud.context, node.id).plugin_data["auto_discovered"] is True
    entries = NodeJournal.rows(cloud.context, node.id)
    last = [entry for entry in entries if entry["kind"] == "operation"][-2:]
    assert [(entry["subject"], entry["outcome"]) for entry in last] == [
        ("discovery", "started"),
        ("discovery", "done"),
    ]


@pytest.mark.usefixtures("discovering", "conductor")
def test_a_discovered_node_is_announced(cloud: Any) -> None:
    with overridden({"DEFAULT": {"notification_level": "info"}}):
        node = _discover(cloud)
        _settled(cloud, node)
    told = [each["event_type"] for each in waiting(node.uuid)]
    assert told == ["baremetal.node.create.end"]


@pytest.mark.usefixtures("conductor")
def test_a_conductor_without_the_option_enrols_nobody(cloud: Any) -> None:
    with pytest.raises(exception.NotFound):
        _discover(cloud)
    assert cloud.api.any().get_discovery_script(cloud.context) is None


@pytest.mark.usefixtures("discovering", "conductor")
def test_no_script_without_a_ramdisk_that_unknown_servers_can_load(cloud: Any) -> None:
    script = cloud.api.any().get_discovery_script
    assert script(cloud.context) is None
    images = {"deploy_kernel": "http://192.0.2.1/kernel", "deploy_ramdisk": "glance://x"}
    with overridden({"conductor": images}):
        assert script(cloud.context) is None
    images["deploy_ramdisk"] = "http://192.0.2.1/ramdisk"
    with overridden({"conductor": images, "pxe": {"kernel_append_params": "console=ttyS1"}}):
        lines = script(cloud.context).splitlines()
    kernel = next(line for line in lines if line.startswith("kernel"))
    assert "set discovery-kernel http://192.0.2.1/kernel" in lines
    assert "${discovery-kernel} console=ttyS1 ipa-inspection-callback-url=http" in kernel
    assert "/v1/continue_inspection?system_uuid=${uuid} ipa-api-url=http" in kernel
    assert "BOOTIF=${mac}" in kernel
    assert lines[-1] == "exit"


@pytest.mark.usefixtures("discovering", "conductor")
@pytest.mark.parametrize(
    ("built", "kernel"), [("i386", "any"), ("x86_64", "any"), ("arm64", "arm"), ("", "any")]
)
def test_the_ramdisk_is_that_of_the_servers_architecture(
    cloud: Any, built: str, kernel: str
) -> None:
    images = {
        "deploy_kernel": "http://192.0.2.1/any",
        "deploy_ramdisk": "http://192.0.2.1/any-ramdisk",
        "deploy_kernel_by_arch": {"aarch64": "http://192.0.2.1/arm", "x86_64": "http://x/half"},
        "deploy_ramdisk_by_arch": {"aarch64": "http://192.0.2.1/arm-ramdisk"},
    }
    with overridden({"conductor": images}):
        script = cloud.api.any().get_discovery_script(cloud.context)

    async def fetch(_url: str) -> bytes:
        return bytes(script, "ascii")

    async def download(_url: str) -> int:
        return 1

    firmware = ipxe.Firmware({"buildarch": built, "mac": "x"}, fetch, download)
    outcome = asyncio.run(firmware.run("http://192.0.2.1/boot"))
    assert outcome.kernel is not None
    assert outcome.kernel.url == f"http://192.0.2.1/{kernel}"
    assert outcome.initrds[0].url == f"http://192.0.2.1/{kernel}-ramdisk"


@pytest.mark.usefixtures("conductor")
def test_an_inspection_that_finds_the_bmc_of_another_node(cloud: Any) -> None:
    node = cloud.create_node(driver_info={"ipmi_address": "192.0.2.1"})
    other = cloud.create_node(driver_info={"ipmi_address": "192.0.2.2"})
    with (
        cloud.running[0].manager.identity.active(),
        task_manager.acquire(cloud.context, node.id) as task,
    ):
        recognition.learn(task, {**INVENTORY, "bmc_address": "192.0.2.1"}, {})
        # Nobody names this one: it may have moved.
        recognition.learn(task, {**INVENTORY, "bmc_address": "192.0.2.3"}, {})
        found = f"address 192.0.2.2, which node {other.uuid} names; this node names 192.0.2.1"
        with pytest.raises(exception.HardwareInspectionFailure, match=found):
            recognition.learn(task, {**INVENTORY, "bmc_address": "192.0.2.2"}, {})
