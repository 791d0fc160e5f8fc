# SPDX-License-Identifier: Apache-2.0
"""When a conductor is killed, upstream loses 6 of 6 deployments, and 4 of 4 inspections stay in their state."""

from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import states
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.chaos.cluster import Cluster
from tests.chaos.conftest import TABLE
from tests.chaos.enrolment import Enrolment
from tests.chaos.scene import Database, Scale
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for

DEPLOYMENTS, INSPECTIONS = 6, 4
VICTIM = "c1"
AT_WORK = {
    "active": {states.DEPLOYING, states.DEPLOYWAIT},
    "inspect": {states.INSPECTING, states.INSPECTWAIT},
}


def given_to(cluster: Cluster, enrolment: Enrolment, place: int, host: str) -> str:
    """Create a node for this server that the hash ring assigns to this conductor; return its UUID."""
    for _ in range(100):
        node = enrolment.enrol(place, automated_clean=False)
        if cluster.node(node)["conductor"] == host:
            return node
        cluster.call("DELETE", f"/v1/nodes/{node}")
    raise AssertionError(f"the ring gives nothing to {host}")


@pytest.mark.timeout(900)
def test_six_deployments_and_four_inspections_outlive_their_conductor(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database: Database,
    broker: RabbitMQ,
    scale: Scale,
) -> None:
    count = DEPLOYMENTS + INSPECTIONS
    with (
        VirtualRack(count=count, timing=Timing(), boot_attempts=60) as rack,
        Cluster(
            tmp_path, database.create_database(), broker.create_vhost(), scale.slowness
        ) as cluster,
    ):
        cluster.start()
        rack.set_boot_url(cluster.api_url)
        enrolment = Enrolment(cluster, rack)
        nodes = [given_to(cluster, enrolment, place, VICTIM) for place in range(count)]
        deployed, inspected = nodes[:DEPLOYMENTS], nodes[DEPLOYMENTS:]

        def ask(node: str, target: str) -> None:
            cluster.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": target})

        def all_are(names: list[str], among: set[str], what: str) -> list[dict[str, Any]]:
            def shown() -> list[dict[str, Any]]:
                return [cluster.node(name) for name in names]

            def settled() -> bool:
                return all(n["provision_state"] in among and not n["reservation"] for n in shown())

            wait_for(settled, what, scale.patience, interval=0.2, describe=cluster.logs)
            return shown()

        for node in nodes:
            ask(node, "manage")
        all_are(nodes, {"manageable"}, "the nodes to be manageable")
        for node in deployed:
            cluster.call("PATCH", f"/v1/nodes/{node}", enrolment.instance())
            ask(node, "provide")
        all_are(deployed, {"available"}, "the nodes to be available")
        for place in range(count):
            # Long enough that no deployment ends before its conductor is killed.
            rack.set_faults(place, agent_command_delay=3.0)
        for node in deployed:
            ask(node, "active")
        for node in inspected:
            ask(node, "inspect")
        cluster.kill_conductor(VICTIM)
        for names, verb in ((deployed, "active"), (inspected, "inspect")):
            at_work = [cluster.node(name)["provision_state"] for name in names]
            assert set(at_work) <= AT_WORK[verb], at_work
        for place in range(count):
            rack.clear_faults(place)
        failed = {states.DEPLOYFAIL, states.INSPECTFAIL}
        ended = all_are(deployed, {"active"} | failed, "the deployments to end")
        ended += all_are(inspected, {"manageable"} | failed, "the inspections to end")
    good = [n["provision_state"] for n in ended if n["last_error"] is None]
    request.config.stash[TABLE].append(
        f"SIGKILL of the conductor of {DEPLOYMENTS} deployments and {INSPECTIONS} inspections in flight: "
        f"{good.count('active')} of {DEPLOYMENTS} and {good.count('manageable')} of {INSPECTIONS} reached their goal "
        "(upstream 39: 0 of 6 and 0 of 4)."
    )
    assert [n["last_error"] for n in ended] == [None] * count
    assert sorted(good) == ["active"] * DEPLOYMENTS + ["manageable"] * INSPECTIONS
