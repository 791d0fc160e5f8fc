# SPDX-License-Identifier: Apache-2.0
"""A conductor that stops hands its operations over between two steps, without a delay."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.deployment import Deployment
from tests.functional.servers.ipmi_sim import BMC
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

STEPS = [{"step": f"power_{state}"} for state in ("on", "off")] * 30
"""More steps than a conductor executes during a test."""

PATIENT = {"conductor": {"graceful_shutdown_timeout": int(10 * PATIENCE)}}
"""Seconds: far more than a stop takes that waits for no operation."""


def timeline(cloud: Deployment, node: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = cloud.call("GET", f"/v1/nodes/{node}/timeline")["timeline"]
    return entries


def begin(cloud: Deployment, bmc: BMC) -> str:
    """A node in the middle of a cleaning."""
    bmc.powered_on = False
    node = cloud.create_node(driver="ipmi", driver_info=bmc.driver_info)
    cloud.set_provision_state(node, "manage", until="manageable")
    body = {"target": "clean", "clean_steps": STEPS, "disable_ramdisk": True}
    cloud.call("PUT", f"/v1/nodes/{node}/states/provision", body)
    wait_for(
        lambda: sum(entry["kind"] == "step" for entry in timeline(cloud, node)) >= 3,
        "the first steps",
        describe=lambda: timeline(cloud, node),
    )
    return node


def check_whole(cloud: Deployment, node: str) -> list[dict[str, Any]]:
    """Every step was begun once and has ended; returns the entries."""
    cloud.wait_for_node(node, provision_state="manageable", reservation=None)
    assert cloud.node(node)["last_error"] is None
    entries = timeline(cloud, node)
    steps = [(e["subject"], e["outcome"]) for e in entries if e["kind"] == "step"]
    expected = [(step["step"], how) for step in STEPS for how in ("started", "done")]
    assert steps == expected
    return entries


def test_work_moves_between_two_steps(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str, bmc: BMC
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url, options=PATIENT)
    cloud.start_api()
    # Their signs of life go on long after; were it not told, the other one would look by itself after a minute.
    slow = {"conductor": {"heartbeat_interval": 60, "heartbeat_timeout": 300}}
    cloud.add_conductors("c1", "c2", options=slow)
    node = begin(cloud, bmc)
    first = cloud.node(node)["reservation"]
    (second,) = {"c1", "c2"} - {first}
    cloud.stop_conductor(first)
    assert cloud.conductors[first].returncode == 0
    entries = check_whole(cloud, node)
    moved = [(e["kind"], e["subject"], e["conductor"]) for e in entries if "over" in e["kind"]]
    assert moved == [("hand-over", first, first), ("take-over", first, second)]
    assert {e["conductor"] for e in entries if e["kind"] == "step"} == {"c1", "c2"}


def test_alone_it_goes_on_after_its_restart(
    make_deployment: Callable[..., Deployment], sqlite_url: str, bmc: BMC
) -> None:
    cloud = make_deployment(database=sqlite_url, options=PATIENT)
    cloud.start_all_in_one()
    node = begin(cloud, bmc)
    assert cloud.api is not None
    cloud.api.terminate()
    assert cloud.api.wait(30) == 0
    cloud.start_all_in_one()
    entries = check_whole(cloud, node)
    assert [e["kind"] for e in entries if "over" in e["kind"]] == ["hand-over", "take-over"]
