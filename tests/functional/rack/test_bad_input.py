# SPDX-License-Identifier: Apache-2.0
"""Requests that are refused with a reason, before anything has changed on the node or its server."""

import base64
import dataclasses
import gzip
import json
from typing import Any

import pytest

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server
from tests.waiting import wait_for

MIB = 1 << 20
STRANGER = "6b1f2c5e-0000-4000-8000-3f0c7f4f4a10"


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content)).decode()


def _step(interface: str, name: str, **more: Any) -> dict[str, Any]:
    return {"interface": interface, "step": name, "args": {}, **more}


def _on_children(name: str, *limit: str) -> dict[str, Any]:
    step = {"step": name, "execute_on_child_nodes": True}
    return {**step, "limit_child_node_execution": list(limit)} if limit else step


@dataclasses.dataclass(frozen=True)
class Case:
    """A request to a node that was made ready for it, and the answer.

    ``instance`` changes its instance_info, which is in order otherwise; ``fields`` are changed as they are.
    """

    name: str
    body: dict[str, Any]
    reason: str
    instance: dict[str, Any] = dataclasses.field(default_factory=dict)
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    status: int = 400


def _deploy(name: str, reason: str, instance: dict[str, Any] | None = None, **more: Any) -> Case:
    fields = more.pop("fields", {})
    return Case(name, {"target": "active", **more}, reason, instance or {}, fields)


PARTITION = {"image_type": "partition", "root_gb": 1}
AVAILABLE = [
    _deploy(
        "a step that no interface has",
        "does not support this deploy step: bios.nosuch",
        deploy_steps=[_step("bios", "nosuch", priority=90)],
    ),
    _deploy(
        "an argument that a step does not take",
        "unexpected argument(s) speed",
        deploy_steps=[_step("deploy", "tear_down_agent", priority=40) | {"args": {"speed": 9}}],
    ),
    _deploy(
        "another core step", "core step", deploy_steps=[_step("deploy", "deploy", priority=90)]
    ),
    _deploy("a step without priority", "'priority'", deploy_steps=[_step("deploy", "write_image")]),
    _deploy("a template that does not fit", "CUSTOM_UNFIT", {"traits": ["CUSTOM_UNFIT"]}),
    _deploy("a trait that the node lacks", "CUSTOM_GOLD", {"traits": ["CUSTOM_GOLD"]}),
    _deploy("a config drive of another kind", "configdrive", configdrive="***"),
    _deploy("a config drive that is not base64", "base64", configdrive="abc"),
    _deploy(
        "a config drive that is not packed",
        "not gzipped",
        configdrive=base64.b64encode(b"text").decode(),
    ),
    _deploy(
        "a config drive that is cut off",
        "cannot be unpacked",
        configdrive=base64.b64encode(gzip.compress(bytes(1000))[:-9]).decode(),
    ),
    _deploy(
        "a config drive that unpacks to too much",
        "more than 64 MiB",
        configdrive=_packed(bytes(65 * MIB)),
    ),
    _deploy("a config drive of a strange part", "nosuch", configdrive={"nosuch": {}}),
    _deploy("a config drive of a wrong part", "meta_data", configdrive={"meta_data": ["x"]}),
    _deploy("a config drive from nowhere", "refused", configdrive="http://169.254.169.254/x"),
    _deploy("no image", "image_source", {"image_source": None}),
    _deploy("an image that is not there", "404", {"image_source": "{images}/nosuch"}),
    _deploy(
        "no checksum",
        "checksum is missing",
        {"image_os_hash_value": None, "image_os_hash_algo": None},
    ),
    _deploy("a checksum that proves nothing", "image_os_hash_algo", {"image_os_hash_algo": "md5"}),
    _deploy("a format that nobody writes", "image_disk_format", {"image_disk_format": "vmdk"}),
    _deploy("a strange kind of image", "image_type", {"image_type": "floppy"}),
    _deploy("a partition image without sizes", "root_gb", {"image_type": "partition"}),
    _deploy("a size that is none", "swap_mb", {**PARTITION, "swap_mb": "much"}),
    _deploy("nothing to preserve", "preserve", {**PARTITION, "preserve_ephemeral": True}),
    _deploy("a boot mode that is none", "boot_mode", {"capabilities": {"boot_mode": "floppy"}}),
    _deploy("a disk label that is none", "disk_label", {"capabilities": {"disk_label": "x"}}),
    _deploy("hints of no disk", "seriel", {"root_device": {"seriel": "x"}}),
    _deploy(
        "a command among kernel arguments",
        "argument",
        {"boot_iso": None, "kernel_append_params": "a ; reboot"},
        fields={"deploy_interface": "ramdisk"},
    ),
    _deploy(
        "a ramdisk that is none",
        "names none",
        {"image_source": None},
        fields={"deploy_interface": "ramdisk"},
    ),
    _deploy("a node under maintenance", "maintenance", fields={"maintenance": True}),
    Case("a rescue of nothing", {"target": "rescue", "rescue_password": "x"}, "state"),
]

MANAGEABLE = [
    Case(name, {"target": "clean", **body}, reason, status=status)
    for name, body, reason, status in (
        (
            "a step that no interface has",
            {"clean_steps": [_step("raid", "nosuch")]},
            "clean step: raid.nosuch",
            400,
        ),
        ("no steps", {"clean_steps": []}, "at least one step", 400),
        ("a step with a strange key", {"clean_steps": [{"step": "hold", "x": 1}]}, "x", 400),
        (
            "an argument that a reserved step does not take",
            {"clean_steps": [{"step": "power_off", "args": {"soft": True}}]},
            "power_off takes no arguments",
            400,
        ),
        (
            "a step of no interface",
            {"clean_steps": [_step("disk", "erase")]},
            "interface is not one of",
            400,
        ),
        (
            "arguments for a wait",
            {"clean_steps": [{"step": "wait", "args": {"seconds": 1}}]},
            "takes no arguments",
            400,
        ),
        (
            "a step of the agent without the agent",
            {"clean_steps": [_step("deploy", "erase_devices")], "disable_ramdisk": True},
            "deploy.erase_devices",
            400,
        ),
        ("a runbook for others", {"runbook": "CUSTOM_OTHERS"}, "not approved for node", 400),
        ("no such runbook", {"runbook": "CUSTOM_NOSUCH"}, "CUSTOM_NOSUCH", 404),
        (
            "a child that is none",
            {"clean_steps": [_on_children("power_on", "{node}")]},
            "not a child of node",
            400,
        ),
        (
            "a child that does not exist",
            {"clean_steps": [_on_children("power_on", STRANGER)]},
            STRANGER,
            400,
        ),
    )
] + [
    Case("a retired node", {"target": "provide"}, "retired", fields={"retired": True}),
    Case(
        "a cleaning under maintenance",
        {"target": "clean", "clean_steps": [{"step": "hold"}]},
        "maintenance",
        fields={"maintenance": True},
    ),
]

ACTIVE = [
    Case(
        "a service step that no interface has",
        {"target": "service", "service_steps": [_step("raid", "nosuch")]},
        "service step: raid.nosuch",
    ),
    Case("no rescue password", {"target": "rescue", "rescue_password": " "}, "rescue_password"),
    Case(
        "a protected node given back",
        {"target": "deleted"},
        "protected",
        fields={"protected": True},
        status=403,
    ),
    Case(
        "a protected node rebuilt",
        {"target": "rebuild"},
        "protected",
        fields={"protected": True},
        status=403,
    ),
]

INCOMPLETE = [
    Case("no ramdisk to clean in", {"target": "provide"}, "deploy_kernel"),
    Case(
        "no ramdisk for steps",
        {"target": "clean", "clean_steps": [_step("deploy", "erase_devices")]},
        "deploy_kernel",
    ),
]


class Ready:
    """Four servers, in the states that requests are refused in, and what goes with them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        call = cloud.service.call
        self.available = cloud.enrol_available()
        self.manageable = cloud.enrol()
        cloud.manage(self.manageable)
        self.incomplete = cloud.enrol()
        without = [{"op": "remove", "path": "/driver_info/deploy_kernel"}]
        call("PATCH", f"/v1/nodes/{self.incomplete.node}", without)
        cloud.manage(self.incomplete)
        self.active = cloud.enrol(instance_info=cloud.disk_image())
        cloud.manage(self.active)
        cloud.provision(self.active, "adopt", "active")
        traits = {"traits": ["CUSTOM_UNFIT"]}
        call("PUT", f"/v1/nodes/{self.available.node}/traits", traits)
        unfit = {"name": "CUSTOM_UNFIT", "steps": [_step("management", "nosuch", priority=50)]}
        call("POST", "/v1/deploy_templates", unfit)
        erase = [_step("deploy", "erase_devices", order=1)]
        call("POST", "/v1/runbooks", {"name": "CUSTOM_OTHERS", "steps": erase})
        call("PUT", "/v1/runbooks/CUSTOM_OTHERS/traits", {"traits": ["CUSTOM_OTHERS"]})


@pytest.fixture(scope="module")
def ready(cloud: Cloud) -> Ready:
    return Ready(cloud)


def _check(ready: Ready, server: Server, case: Case) -> None:
    """Send a request, and check that node and server have not changed."""
    cloud = ready.cloud
    instance = {**cloud.disk_image(), **case.instance}
    kept = {k: v for k, v in instance.items() if v is not None}
    if "{images}" in str(kept.get("image_source")):
        kept["image_source"] = kept["image_source"].format(images=f"{cloud.rack.http_url}/images")
    plain = {name: cloud.show(server)[name] for name in case.fields}
    cloud.set(server, instance_info=kept, **case.fields)
    before, moment = cloud.show(server), server.now()
    body = _named(case.body, server.node)
    answer = cloud.service.request("PUT", f"/v1/nodes/{server.node}/states/provision", body)
    assert answer.status_code == case.status, answer.text
    assert case.reason in answer.text
    assert cloud.show(server) == before
    assert [e for e in server.journal(since=moment) if not e.action.startswith("session")] == []
    cloud.set(server, **plain)


def _named(value: Any, node: str) -> Any:
    if isinstance(value, dict):
        return {name: _named(part, node) for name, part in value.items()}
    if isinstance(value, list):
        return [_named(part, node) for part in value]
    return value.format(node=node) if value == "{node}" else value


@pytest.mark.parametrize("case", AVAILABLE, ids=lambda case: case.name)
def test_a_deployment_is_refused(ready: Ready, case: Case) -> None:
    _check(ready, ready.available, case)


@pytest.mark.parametrize("case", MANAGEABLE, ids=lambda case: case.name)
def test_a_cleaning_is_refused(ready: Ready, case: Case) -> None:
    _check(ready, ready.manageable, case)


@pytest.mark.parametrize("case", INCOMPLETE, ids=lambda case: case.name)
def test_what_lacks_a_ramdisk_is_refused(ready: Ready, case: Case) -> None:
    server = ready.incomplete
    given = json.dumps(case.body.get("clean_steps"))
    query = f"target={case.body['target']}" + (f"&steps={given}" if given != "null" else "")
    plan = ready.cloud.service.call("GET", f"/v1/nodes/{server.node}/plan?{query}")
    assert case.reason in plan["refused"][0]
    _check(ready, server, case)


@pytest.mark.parametrize("case", ACTIVE, ids=lambda case: case.name)
def test_what_would_end_an_instance_is_refused(ready: Ready, case: Case) -> None:
    _check(ready, ready.active, case)


def test_a_power_off_that_must_not_be(ready: Ready) -> None:
    server = ready.active
    ready.cloud.set(server, disable_power_off=True)
    before, moment = ready.cloud.show(server), server.now()
    path = f"/v1/nodes/{server.node}/states/power"
    for target in ("power off", "soft power off", "soft rebooting"):
        answer = ready.cloud.service.request("PUT", path, {"target": target})
        assert answer.status_code == 409
        assert "disable_power_off" in answer.text
    assert ready.cloud.show(server) == before
    assert [e for e in server.journal(since=moment) if e.source != "bmc"] == []
    ready.cloud.set(server, disable_power_off=False)


def test_a_stranger_who_calls_as_an_agent(ready: Ready) -> None:
    cloud = ready.cloud
    server = cloud.enrol()
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    cloud.manage(server)
    steps = [_step("deploy", "erase_devices")]
    cloud.provision(server, "clean", "clean wait", clean_steps=steps)
    wait_for(lambda: server.status["phase"] == "hung", "the ramdisk")
    before, moment = cloud.show(server), server.now()
    for call, status, reason in (
        ({"agent_token": None}, 400, "token"),
        ({"agent_token": "x" * 43}, 404, "token"),
        ({"agent_token": "******"}, 404, "token"),
        ({"agent_token": "x" * 43, "agent_version": "1.0.0"}, 404, "token"),
        ({"agent_token": "x" * 43, "callback_url": "file:///x"}, 400, "callback_url"),
    ):
        body = {"callback_url": "http://127.0.0.1:9999", "agent_version": "13.0.0", **call}
        answer = cloud.service.request("POST", f"/v1/heartbeat/{server.node}", body)
        assert answer.status_code == status, answer.text
        assert reason in answer.text
    assert cloud.show(server) == before
    assert server.journal(since=moment) == []
    cloud.provision(server, "abort", "clean failed")


def test_steps_that_only_the_agent_could_know(cloud: Cloud) -> None:
    """Nothing is erased and nothing is written when the agent turns out not to have a step."""
    unknown = _step("deploy", "nosuch")
    first = _step("deploy", "erase_devices")
    cleaned = cloud.enrol()
    cloud.manage(cleaned)
    failed = cloud.provision(cleaned, "clean", "clean failed", clean_steps=[first, unknown])
    assert "does not support this clean step: deploy.nosuch" in failed["last_error"]
    assert (failed["maintenance"], failed["fault"], failed["clean_step"]) == (False, None, {})
    assert (cleaned.steps(), cleaned.status["power"]) == ([], "off")

    deployed = cloud.enrol_available(instance_info=cloud.disk_image(images.DISK_IMAGE))
    steps = [{**unknown, "priority": 70}]
    failed = cloud.provision(deployed, "active", "deploy failed", deploy_steps=steps)
    assert "does not support this deploy step: deploy.nosuch" in failed["last_error"]
    assert (deployed.steps(), deployed.status["disk_image_size"]) == ([], 0)
