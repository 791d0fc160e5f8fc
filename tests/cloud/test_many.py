# SPDX-License-Identifier: Apache-2.0
"""Five servers at once; and a conductor that dies in the middle of five."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import baremetal, furnishing, servers
from tests.cloud.composition import TENANT, Cloud
from tests.cloud.servers import Booted
from tests.waiting import wait_for

COUNT = 5
_names = (f"many-{number}" for number in itertools.count())


@pytest.fixture
def five(furnished: Cloud) -> Iterator[list[str]]:
    """UUIDs of five servers that Nova has just been asked for; what is left of them at the end is deleted."""
    usual = ("--image", furnishing.IMAGE, "--flavor", furnishing.FLAVOR)
    network = ("--network", furnishing.TENANT_NETWORK)
    names = [next(_names) for _ in range(COUNT)]
    try:
        yield [
            furnished.tenant.ask("server", "create", *usual, *network, name)["id"] for name in names
        ]
    finally:
        left = [uuid for uuid, server in _all(furnished).items() if server["name"] in names]
        if left:
            furnished.tenant("server", "delete", "--wait", *left)


def _all(cloud: Cloud) -> dict[str, dict[str, Any]]:
    listed = cloud.ask("compute", "/servers/detail", user=TENANT)["servers"]
    return {server["id"]: server for server in listed}


def _wait_until_active(cloud: Cloud, wanted: list[str]) -> list[Booted]:
    """Wait until all are ACTIVE; none may fail on the way."""

    def active() -> bool:
        statuses = [_all(cloud)[uuid]["status"] for uuid in wanted]
        assert "ERROR" not in statuses, f"{_all(cloud)}\n{cloud.logs()}"
        return statuses == ["ACTIVE"] * len(wanted)

    wait_for(active, "all servers to be ACTIVE", 300, 1, lambda: _all(cloud))
    return [servers.find(cloud, uuid) for uuid in wanted]


def _check(booted: list[Booted]) -> None:
    """Each has a node, an address and a network of its own."""
    for server in booted:
        server.wait_until_booted()
        servers.check_network(server)
    assert len({server.index for server in booted}) == len(booted)
    assert len({server.address for server in booted}) == len(booted)


def _delete(cloud: Cloud, booted: list[Booted]) -> None:
    """Delete all at once; nothing may be left of any."""
    cloud.tenant("server", "delete", "--wait", *(server.uuid for server in booted))
    for server in booted:
        servers.check_nothing_is_left(server)


def test_five_servers_at_once(furnished: Cloud, five: list[str]) -> None:
    booted = _wait_until_active(furnished, five)
    _check(booted)
    _delete(furnished, booted)


def test_a_conductor_dies_in_the_middle_of_five(furnished: Cloud, five: list[str]) -> None:
    service, victim = furnished.baremetal, baremetal.CONDUCTORS[0]

    def is_in_the_middle() -> bool:
        """The conductor has nodes, of which one is being deployed and not all are active."""
        nodes = service.call("GET", f"/v1/nodes/detail?conductor={victim}")["nodes"]
        return any(node["provision_state"] in ("deploying", "wait call-back") for node in nodes)

    wait_for(is_in_the_middle, f"{victim} to deploy a node", 120, 0.05)
    service.kill_conductor(victim)
    try:
        booted = _wait_until_active(furnished, five)
        _check(booted)
    finally:
        service.add_conductor(victim)
    _delete(furnished, booted)
