# SPDX-License-Identifier: Apache-2.0
"""A conductor is killed while it handles an agent's first heartbeat: the operation continues without the next one.

Agents call every 90 to 180 seconds. The conductor that takes over asks them as soon as it has broken the locks.
"""

import pytest

from tests.functional.rack.cloud import Cloud, Server
from tests.waiting import wait_for

pytestmark = pytest.mark.timed

BEGUN = {
    "cleaning": ("provide", "clean wait", "available"),
    "deployment": ("active", "wait call-back", "active"),
}


@pytest.fixture
def cloud(one_conductor: Cloud) -> Cloud:
    """The service whose only conductor is killed here."""
    return one_conductor


def _calls(server: Server) -> list[int]:
    """Statuses of the agent's calls."""
    return [e.details["status"] for e in server.journal("agent") if e.action == "heartbeat"]


def test_a_first_call_that_is_lost_with_its_conductor(cloud: Cloud) -> None:
    servers = {}
    for what in BEGUN:
        server = servers[what] = cloud.enrol_available(
            properties={"capabilities": "boot_mode:uefi"}
        )
        cloud.set(server, instance_info=cloud.disk_image(), automated_clean=True)
    cloud.provision(servers["cleaning"], "manage", "manageable")
    for what, (target, _wait, _goal) in BEGUN.items():
        # The first thing that is asked of the agent takes long: its conductor is in the middle of it.
        cloud.rack.set_faults(servers[what].index, agent_command_delay=5.0)
        path = f"/v1/nodes/{servers[what].node}/states/provision"
        cloud.service.call("PUT", path, {"target": target})
    for what, (_target, waiting, _goal) in BEGUN.items():
        wait_for(
            lambda server=servers[what]: _calls(server) == [202], f"the first call of the {what}"
        )
        node = cloud.show(servers[what])
        assert (node["provision_state"], node["reservation"]) == (waiting, "c1")
    cloud.service.kill_conductor("c1")
    for server in servers.values():
        cloud.rack.clear_faults(server.index)
    cloud.service.add_conductor("c2")
    for what, (_target, _wait, goal) in BEGUN.items():
        server = servers[what]
        node = cloud.service.wait_for_node(server.node, provision_state=goal, reservation=None)
        assert node["last_error"] is None
        assert server.phases().count("agent") == 1, "it was not booted again"
