# SPDX-License-Identifier: Apache-2.0
"""Nova, Neutron and networking-baremetal as they are configured for Ironic: they notice no difference.

The configuration files of this cloud have no word of ironic_lite: Nova's and Neutron's `[ironic]` groups are what
Ironic's own documentation says.
"""

import re
from collections.abc import Iterator

import pytest

from tests.cloud import furnishing, neutron, servers
from tests.cloud.composition import Cloud
from tests.functional.servers import openstack_settings
from tests.functional.servers.process import ServerProcess
from tests.waiting import wait_for

_LINE = re.compile(r"middleware\.request_id .* ([A-Z]+) (/\S+) (\d{3}) ")


def _log(cloud: Cloud) -> list[str]:
    assert cloud.baremetal.api is not None
    return cloud.baremetal.api.log.read_text(errors="replace").splitlines()


def _answers(cloud: Cloud, method: str, path: str, since: int = 0) -> set[int]:
    """The statuses with which the bare-metal API has answered such requests.

    :param since: a number of lines of the log to leave out.
    """
    found = (match.groups() for match in map(_LINE.search, _log(cloud)[since:]) if match)
    return {
        int(status) for verb, asked, status in found if verb == method and asked.startswith(path)
    }


@pytest.fixture(scope="module")
def since(furnished: Cloud) -> int:
    """The length of the API's log before a server came and went, with a config drive. Nothing was killed meanwhile."""
    before = len(_log(furnished))
    options = ("--network", furnishing.TENANT_NETWORK, "--config-drive", "true")
    server = servers.create(furnished, "events", *options)
    servers.check_network(server)
    furnished.tenant("server", "delete", "--wait", "events")
    servers.check_nothing_is_left(server)
    return before


def test_neutrons_events_are_taken(furnished: Cloud, since: int) -> None:
    """Neutron reports each port that it has bound, unbound or deleted."""
    wait_for(lambda: _answers(furnished, "POST", "/v1/events", since), "events of Neutron")
    assert _answers(furnished, "POST", "/v1/events", since) == {204}


def test_nova_is_answered(furnished: Cloud, since: int) -> None:
    """What Nova's compute service asks all the time, and for the config drive."""
    for path in ("/v1/nodes", "/v1/ports", "/v1/portgroups"):
        answers = _answers(furnished, "GET", path, since)
        assert 200 in answers
        assert not [status for status in answers if status >= 500]


@pytest.fixture
def agent(furnished: Cloud) -> Iterator[ServerProcess]:
    """networking-baremetal's agent, which makes an agent of Neutron of each node."""
    home = furnished.home / "ironic-neutron-agent"
    home.mkdir()
    transport = furnished.services.neutron.transport
    configuration = openstack_settings.write(
        home / "ironic-neutron-agent.ini",
        {
            "DEFAULT": {"transport_url": transport, "state_path": home},
            "ironic": openstack_settings.client(
                furnished.identity.url, neutron.USER, of_system=True
            ),
            "agent": {"report_interval": 2},
            # It looks for OVN otherwise, which is not here.
            "l2vni": {
                "enable_l2vni_trunk_reconciliation": "false",
                "enable_l2vni_trunk_reconciliation_events": "false",
            },
            "baremetal_agent": {
                "enable_ha_chassis_group_alignment": "false",
                "enable_router_ha_binding": "false",
            },
        },
    )
    argv = ["ironic-neutron-agent", "--config-file", str(configuration)]
    process = furnished.environment.process("ironic-neutron-agent", argv, home)
    process.start()
    yield process
    process.stop()


def test_the_agent_of_networking_baremetal(furnished: Cloud, agent: ServerProcess) -> None:
    nodes = {
        node["uuid"] for node in furnished.baremetal.call("GET", "/v1/nodes?driver=ipmi")["nodes"]
    }

    def alive() -> set[str]:
        found = furnished.ask("network", "/v2.0/agents?agent_type=Baremetal%20Node")["agents"]
        return {each["host"] for each in found if each["alive"]}

    wait_for(lambda: alive() == nodes, "an agent for each node", 60, 0.5, agent.log_tail)
    (one, *_) = furnished.ask("network", f"/v2.0/agents?host={min(nodes)}")["agents"]
    assert one["configurations"]["bridge_mappings"] == {neutron.PHYSICAL_NETWORK: "yes"}
    assert _answers(furnished, "GET", "/v1/ports/detail") == {200}
