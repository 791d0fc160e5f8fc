# SPDX-License-Identifier: Apache-2.0
"""A Neutron that asks Keystone who its clients are, as in every cloud: the service finds it in the catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.network import plugged
from tests.functional.network.plugged import Plugged, message
from tests.functional.servers import keystone as keystones
from tests.functional.servers import neutron as neutrons
from tests.functional.servers.neutron import Neutron
from tests.functional.servers.openstack_environment import Environment


@pytest.fixture(scope="module")
def neutron(
    openstack_environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neutron]:
    """Beside a Keystone."""
    with (
        keystones.running(tmp_path_factory.mktemp("keystone")) as identity,
        neutrons.running(
            openstack_environment, tmp_path_factory.mktemp("neutron"), identity=identity
        ) as made,
    ):
        yield made


def _node(made: Plugged) -> str:
    node = made.node()
    made.port(node)
    return node


def test_the_life_of_a_vif(neutron: Neutron, tmp_path: Path) -> None:
    with plugged.running(tmp_path, neutron) as made:
        node = _node(made)
        assert made.service.call("GET", f"/v1/nodes/{node}/validate")["network"]["result"]
        made.activate(node)
        vif = made.vif()["id"]
        assert made.attach(node, vif).status_code == 204
        bound = neutron.port(vif)
        assert (bound["status"], bound["binding:host_id"]) == ("ACTIVE", node)
        assert made.detach(node, vif).status_code == 204
        assert neutron.port(vif)["binding:host_id"] == ""
        assert made.ports_of(node) == []


def test_wrong_credentials(neutron: Neutron, tmp_path: Path) -> None:
    """The answer says where they are, and not what they are; nothing is left on record."""
    with plugged.running(tmp_path, neutron, {"neutron": {"password": "not-the-password"}}) as made:
        node = _node(made)
        answer = made.attach(node, made.vif()["id"])
        assert answer.status_code == 500
        assert "Check the credentials in [neutron]" in message(answer)
        assert "not-the-password" not in answer.text
        assert made.attached(node) == []
