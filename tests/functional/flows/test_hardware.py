# SPDX-License-Identifier: Apache-2.0
"""Consoles, boot mode, virtual media, vendor methods, inspection data: what is done, recorded and remembered."""

import threading
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, journal, states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.hardware import (
    boot_mode,
    console,
    power,
    server_facts,
    vendor_passthru,
    virtual_media,
)
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.periodics import history_cleanup
from ironic_lite.conductor.records import node_records
from ironic_lite.drivers.modules.fake.bios import FakeBIOS
from ironic_lite.drivers.modules.fake.console import FakeConsole
from ironic_lite.drivers.modules.fake.management import FakeManagement
from ironic_lite.drivers.modules.fake.power import FakePower
from ironic_lite.drivers.modules.fake.vendor import FakeVendor
from ironic_lite.objects import NodeJournal
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore
from tests.waiting import PATIENCE

INVENTORY = {"interfaces": [{"mac_address": "52:54:00:aa:00:01"}], "cpu": {"count": 8}}


class Server:
    """The settings that a BMC keeps."""

    def __init__(self) -> None:
        self.boot_mode = "bios"
        self.secure_boot = False
        self.media: dict[str, str] = {}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """A fake management interface with the functions of real BMCs."""
    made = Server()

    def set_mode(_self: Any, _task: Any, mode: str) -> None:
        made.boot_mode = mode

    def set_secure(_self: Any, _task: Any, state: bool) -> None:
        made.secure_boot = state

    def attach(_self: Any, _task: Any, device: str, url: str) -> None:
        if "broken" in url:
            raise exception.InvalidParameterValue(err=f"cannot read {url}")
        made.media[device] = url

    def detach(_self: Any, _task: Any, devices: list[str] | None = None) -> None:
        for device in devices or list(made.media):
            made.media.pop(device, None)

    for attribute, function in (
        ("get_boot_mode", lambda *_: made.boot_mode),
        ("set_boot_mode", set_mode),
        ("get_secure_boot_state", lambda *_: made.secure_boot),
        ("set_secure_boot_state", set_secure),
        ("attach_virtual_media", attach),
        ("detach_virtual_media", detach),
        ("get_virtual_media", lambda *_: [{"device": name} for name in sorted(made.media)]),
    ):
        monkeypatch.setattr(FakeManagement, attribute, function)
    return made


def _history(core: ConductorCore, node: Any) -> list[Any]:
    return list(objects.NodeHistory.list(core.context, filters={"node_id": node.id}))


def test_boot_mode_and_secure_boot_are_set_and_recorded(
    core: ConductorCore, server: Server
) -> None:
    node = core.create_node(states.MANAGEABLE)
    changed = core.do(boot_mode.request, node, "uefi")
    assert (server.boot_mode, changed.boot_mode) == ("uefi", "uefi")
    changed = core.do(boot_mode.request_secure, node, True)
    assert (server.secure_boot, changed.secure_boot) == (True, True)
    assert changed.last_error is None


def test_a_boot_mode_that_cannot_be_set(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    failed = core.do(boot_mode.request, node, "uefi")
    assert failed.boot_mode is None
    assert failed.last_error.startswith(
        "Failed to change boot mode to 'uefi': Driver fake-hardware"
    )
    (entry,) = _history(core, node)
    assert (entry.severity, entry.event_type) == ("ERROR", states.MANAGEABLE)
    assert entry.event == failed.last_error
    assert entry.conductor == "core"


def test_verification_records_what_the_server_tells(
    core: ConductorCore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.boot_mode, server.secure_boot = "uefi", True

    def broken(*_args: Any) -> None:
        raise RuntimeError("the BIOS is on fire")

    monkeypatch.setattr(FakeBIOS, "cache_bios_settings", broken)
    verified = core.act(core.create_node(), "manage")
    assert verified.provision_state == states.MANAGEABLE
    assert (verified.boot_mode, verified.secure_boot) == ("uefi", True)


def test_what_a_server_does_not_tell_stays(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE, boot_mode="uefi")

    def record(task: Any) -> None:
        server_facts.record(task)
        task.node.save()

    assert core.do(record, node).boot_mode == "uefi"


def test_a_console_that_does_not_open(core: ConductorCore, monkeypatch: pytest.MonkeyPatch) -> None:
    node = core.create_node(states.ACTIVE)

    def fail(*_args: Any) -> None:
        raise RuntimeError("no port is left")

    with monkeypatch.context() as broken:
        broken.setattr(FakeConsole, "start_console", fail)
        failed = core.do(console.request, node, True)
    assert failed.console_enabled is False
    assert failed.last_error == "Failed to start the console: no port is left"
    assert [entry.event_type for entry in _history(core, node)] == ["console"]
    with core.task(node) as task, pytest.raises(exception.NodeConsoleNotEnabled):
        console.information(task)
    opened = core.do(console.request, node, True)
    assert (opened.console_enabled, opened.last_error) == (True, None)


def test_whoever_has_the_node_next_is_not_watched(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = core.create_node(states.ACTIVE, console_enabled=True, automated_clean=False)
    closed = []
    monkeypatch.setattr(FakeConsole, "stop_console", lambda _self, task: closed.append(task))
    freed = core.do(verbs.delete, node)
    assert (freed.provision_state, freed.console_enabled) == (states.AVAILABLE, False)
    assert len(closed) == 1


def test_a_record_goes_though_its_console_does_not_close(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise exception.IPMIFailure(cmd="sol deactivate")

    monkeypatch.setattr(FakeConsole, "stop_console", fail)
    node = core.create_node(states.MANAGEABLE, console_enabled=True)
    with core.task(node) as task:
        node_records.destroy(task)
    with pytest.raises(exception.NodeNotFound):
        core.node(node)


def test_virtual_media(core: ConductorCore, server: Server) -> None:
    node = core.create_node(states.MANAGEABLE)
    core.do(virtual_media.attach, node, "cdrom", "http://a/x.iso")
    core.do(virtual_media.attach, node, "floppy", "http://a/y.img")
    with core.task(node) as task:
        assert virtual_media.attached(task) == [{"device": "cdrom"}, {"device": "floppy"}]
    core.do(virtual_media.detach, node, ["cdrom"])
    assert server.media == {"floppy": "http://a/y.img"}
    core.do(virtual_media.detach, node, None)
    assert server.media == {}


def test_an_image_that_does_not_attach_stays_secret(core: ConductorCore, server: Server) -> None:
    node = core.create_node(states.MANAGEABLE)
    failed = core.do(virtual_media.attach, node, "cdrom", "http://a/broken.iso?sig=hush")
    assert failed.last_error == (
        f"Could not attach device cdrom to node {node.uuid}: cannot read the image"
    )
    assert "hush" not in str([entry.event for entry in _history(core, node)])
    with core.identity.active():
        started, ended = NodeJournal.rows(core.context, node.id, kinds=[journal.OPERATION])
    assert (started["outcome"], started["detail"]) == (journal.STARTED, "requested")
    assert (ended["outcome"], ended["detail"]) == (journal.FAILED, failed.last_error)
    assert started["subject"] == ended["subject"] == f"attach device cdrom to node {node.uuid}"


def test_a_vendor_method_that_fails_in_the_background(
    core: ConductorCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = core.create_node(states.MANAGEABLE)

    def fail(_self: Any, task: Any, bar: Any) -> None:
        raise RuntimeError("password=hush is wrong")

    vars(fail).update(vars(FakeVendor.second_method))
    monkeypatch.setattr(FakeVendor, "second_method", fail)
    with core.task(node) as task:
        answer = vendor_passthru.call(task, "second_method", "POST", {"bar": "kazoo"})
    assert answer == {"return": None, "async": True, "attach": False}
    failed = core.idle(node)
    assert failed.last_error == "Vendor method second_method failed: password=****** is wrong"


def test_vendor_methods_lock_the_node_or_do_not(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)

    def call(name: str) -> Any:
        with (
            core.identity.active(),
            task_manager.acquire(core.context, node.id, shared=True) as task,
        ):
            return vendor_passthru.call(task, name, "POST", {"bar": "woof"})

    with core.task(node):
        assert call("fourth_method_shared_lock")["async"] is True
        with pytest.raises(exception.NodeLocked):
            call("third_method_sync")
    assert call("third_method_sync") == {"return": False, "async": False, "attach": False}


def test_inspection_data_ends_an_inspection(core: ConductorCore) -> None:
    node = core.create_node(states.INSPECTWAIT, target_provision_state=states.MANAGEABLE)
    done = core.do(flows.inspect.receive, node, INVENTORY, {"root_disk": {"name": "sda"}})
    assert (done.provision_state, done.target_provision_state) == (states.MANAGEABLE, None)
    assert done.inspection_finished_at is not None
    found = objects.NodeInventory.get(core.context, node.id)
    assert found.inventory_data == INVENTORY
    assert found.plugin_data == {"root_disk": {"name": "sda"}}


def test_inspection_data_that_cannot_be_used(core: ConductorCore) -> None:
    node = core.create_node(
        states.INSPECTWAIT,
        target_provision_state=states.MANAGEABLE,
        inspect_interface="no-inspect",
    )
    failed = core.do(flows.inspect.receive, node, INVENTORY, {})
    assert failed.provision_state == states.INSPECTFAIL
    assert "does not support continue_inspection" in failed.last_error
    assert [entry.event_type for entry in _history(core, node)] == ["introspection"]
    with pytest.raises(exception.NodeInventoryNotFound):
        objects.NodeInventory.get(core.context, node.id)


def test_inspection_data_that_nobody_asked_for(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    with pytest.raises(exception.NotFound):
        core.do(flows.inspect.receive, node, INVENTORY, {})
    assert core.node(node).provision_state == states.MANAGEABLE


def test_a_heartbeat_is_no_end_of_an_inspection(core: ConductorCore) -> None:
    node = core.create_node(states.INSPECTWAIT, target_provision_state=states.MANAGEABLE)
    assert core.do(flows.resume, node).provision_state == states.INSPECTWAIT


def test_failed_power_is_remembered(core: ConductorCore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kw: Any) -> None:
        raise RuntimeError("smoke")

    monkeypatch.setattr(FakePower, "set_power_state", fail)
    node = core.create_node(states.MANAGEABLE)
    core.do(power.request, node, states.POWER_ON)
    (entry,) = _history(core, node)
    assert (entry.event_type, entry.severity) == ("transition", "ERROR")
    assert entry.event == "Failed to change power to 'power on': smoke"


def test_whoever_asked_is_remembered(core: ConductorCore) -> None:
    node = core.create_node(states.MANAGEABLE)
    core.context.user_id, core.context.project_id = "ada", "engines"
    core.do(boot_mode.request, node, "uefi")
    (entry,) = _history(core, node)
    assert (entry.user, entry.project) == ("ada", "engines")
    assert (entry.state, entry.duration_seconds) == (states.MANAGEABLE, None)


def test_histories_do_not_grow_for_ever(core: ConductorCore, option: Any) -> None:
    node, other = (core.create_node(states.MANAGEABLE) for _ in range(2))
    for _ in range(4):
        core.do(boot_mode.request, node, "uefi")
    core.do(boot_mode.request, other, "uefi")
    kept = [entry.uuid for entry in _history(core, node)[-2:]]
    option("node_history_max_entries", 2, group="conductor")
    history_cleanup.run(core.context)
    assert [entry.uuid for entry in _history(core, node)] == kept
    assert len(_history(core, other)) == 1


def test_history_can_be_turned_off(core: ConductorCore, option: Any) -> None:
    option("node_history", False, group="conductor")
    node = core.create_node(states.MANAGEABLE)
    core.do(boot_mode.request, node, "uefi")
    assert _history(core, node) == []


def test_one_at_a_time(core: ConductorCore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is held until the work in the background has ended."""
    node = core.create_node(states.ACTIVE)
    go_on = threading.Event()
    monkeypatch.setattr(FakeConsole, "start_console", lambda *_: go_on.wait(PATIENCE))
    with core.task(node) as task:
        console.request(task, True)
    with pytest.raises(exception.NodeLocked):
        core.do(console.request, node, False)
    go_on.set()
    assert core.idle(node).console_enabled is True
