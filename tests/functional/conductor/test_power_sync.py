# SPDX-License-Identifier: Apache-2.0
"""Power sync with real BMCs: which of recorded and actual power state is changed, and BMCs that stop answering."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite.conductor.periodics.power_recovery import PowerRecovery
from ironic_lite.conductor.periodics.power_sync import PowerSync
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_records import NodeHistory
from tests.functional.conductor.outbox import waiting
from tests.functional.servers.ipmi_sim import BMC
from tests.options import overridden
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

OPTIONS = {
    "DEFAULT": {"notification_level": "info"},
    "conductor": {"power_state_sync_max_retries": 1},
    "ipmi": {"command_retry_timeout": 1},
}


@pytest.fixture
def node(cloud: Any, conductor: Any, bmc: BMC) -> Iterator[Node]:
    """A server that is off, as its node's record says."""
    with overridden(OPTIONS):
        yield cloud.create_node(
            driver="ipmi", driver_info=bmc.driver_info, provision_state="manageable"
        )


@pytest.fixture
def sync(cloud: Any, conductor: Any) -> Any:
    """Run one power sync."""
    syncing = PowerSync(threading.Event())

    def run() -> None:
        with conductor.manager.identity.active():
            syncing.run(cloud.context)

    return run


@pytest.fixture
def recover(cloud: Any, conductor: Any) -> Any:
    """Run one power recovery."""

    def run() -> None:
        with conductor.manager.identity.active():
            PowerRecovery(threading.Event()).run(cloud.context)

    return run


def corrected(node: Node) -> list[tuple[str, str]]:
    """Return the recorded and actual power states in the notifications."""
    told = [m for m in waiting(node.uuid) if "power_state_corrected" in m["event_type"]]
    assert {m["event_type"] for m in told} <= {"baremetal.node.power_state_corrected.success"}
    fields = [m["payload"]["ironic_object.data"] for m in told]
    return [(one["from_power"], one["power_state"]) for one in fields]


def test_a_server_is_put_back(cloud: Any, node: Node, bmc: BMC, sync: Any) -> None:
    bmc.powered_on = True
    sync()
    assert not bmc.powered_on
    assert cloud.node(node).power_state == "power off"
    assert corrected(node) == []


@pytest.mark.parametrize(
    ("state", "step", "outcome"),
    [
        ("wait call-back", "deploy_step", "deploy failed"),
        ("clean wait", "clean_step", "clean failed"),
        ("service wait", "service_step", "service failed"),
    ],
)
def test_a_server_that_is_waited_for_is_its_flows(
    cloud: Any, node: Node, bmc: BMC, sync: Any, state: str, step: str, outcome: str
) -> None:
    """A server that loses power during an agent's step stays off, and its operation fails at once."""
    in_agent = {"interface": "deploy", "step": "agents_own"}
    setattr(node, step, in_agent)
    node.provision_state, node.power_state = state, "power on"
    kind = step.partition("_")[0]
    node.driver_internal_info = {
        f"{kind}_steps": [in_agent],
        f"{kind}_step_index": 0,
        "agent_command": "some-id",
    }
    node.agent_secret_token = "t" * 43
    node.save()
    sync()
    wait_for(lambda: cloud.node(node).provision_state == outcome, outcome)
    now = cloud.node(node)
    assert "the server was powered off while the node waited" in now.last_error
    assert now.agent_secret_token is None
    assert corrected(node)[0] == ("power on", "power off")
    assert state == "service wait" or not bmc.powered_on


@pytest.mark.parametrize("state", ["deploy hold", "clean hold", "service hold", "adopt failed"])
def test_power_is_not_forced_on_a_server_that_is_held(
    cloud: Any, node: Node, bmc: BMC, sync: Any, state: str
) -> None:
    node.provision_state, node.power_state = state, "power on"
    kind = state.partition(" ")[0]
    node.driver_internal_info = {f"{kind}_step_index": 0, f"{kind}_steps": []}
    node.save()
    sync()
    assert not bmc.powered_on


def test_the_record_follows_where_it_may_not_be_forced(
    cloud: Any, node: Node, bmc: BMC, sync: Any
) -> None:
    bmc.powered_on = True
    with overridden({"conductor": {"force_power_state_during_sync": False}}):
        sync()
    assert bmc.powered_on
    assert cloud.node(node).power_state == "power on"
    assert corrected(node) == [("power off", "power on")]


def test_a_silent_bmc_ends_in_maintenance_until_it_answers_again(
    cloud: Any, node: Node, bmc: BMC, sync: Any, recover: Any
) -> None:
    bmc.stop()
    sync()
    assert not cloud.node(node).maintenance
    sync()
    now = cloud.node(node)
    assert (now.maintenance, now.fault, now.power_state) == (True, "power failure", None)
    assert "power state cannot be read" in now.maintenance_reason
    assert corrected(node) == [("power off", None)]

    recover()
    assert cloud.node(node).fault == "power failure"
    bmc.start()
    recover()
    now = cloud.node(node)
    assert (now.maintenance, now.fault, now.maintenance_reason) == (False, None, None)
    assert (now.power_state, now.last_error) == ("power off", None)
    assert corrected(node)[-1] == (None, "power off")
    entries = NodeHistory.rows(
        cloud.context, ["event_type", "severity"], filters={"node_id": node.id}
    )
    assert [(e["event_type"], e["severity"]) for e in entries] == [
        ("monitoring", "ERROR"),
        ("monitoring", "INFO"),
    ]


def test_a_server_that_does_not_stay_as_it_is_put(
    cloud: Any, node: Node, bmc: BMC, sync: Any
) -> None:
    for _ in range(2):
        bmc.powered_on = True
        sync()
    now = cloud.node(node)
    assert (now.maintenance, now.fault, now.power_state) == (True, "power failure", "power on")
    assert corrected(node) == [("power off", "power on")]


def test_maintenance_that_an_operator_asked_for_stays(
    cloud: Any, node: Node, bmc: BMC, recover: Any
) -> None:
    node.maintenance = True
    node.save()
    recover()
    assert cloud.node(node).maintenance
