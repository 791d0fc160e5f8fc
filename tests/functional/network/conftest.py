# SPDX-License-Identifier: Apache-2.0
"""A real Neutron, and the service with the network interfaces that use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.flows import killing
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.network.plugged import Plugged, running, service_networks
from tests.functional.servers import neutron as neutron_server
from tests.functional.servers.openstack_environment import Environment


@pytest.fixture(scope="session", name="neutron")
def neutron_fixture(
    openstack_environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[neutron_server.Neutron]:
    """The Neutron of this test process. A test that stops or pauses it takes ``breakable``."""
    with neutron_server.running(openstack_environment, tmp_path_factory.mktemp("neutron")) as made:
        yield made


@pytest.fixture(scope="session")
def plugged(
    neutron: neutron_server.Neutron, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plugged]:
    """The service beside that Neutron, with fake hardware; each test enrols nodes of its own."""
    with running(tmp_path_factory.mktemp("plugged"), neutron) as made:
        yield made


@pytest.fixture
def breakable(plugged: Plugged) -> Iterator[Plugged]:
    """The same, for a test that stops or pauses Neutron: it works again for the next test."""
    yield plugged
    process = plugged.neutron.service.process
    process.resume()
    if not process.alive:
        process.start()
    plugged.neutron.service.wait_until_it_answers()


@pytest.fixture
def core(tmp_path: Path, neutron: neutron_server.Neutron) -> Iterator[ConductorCore]:
    """A conductor's core, beside Neutron."""
    names = {f"{p}_network": n["name"] for p, n in service_networks(neutron).items()}
    with killing.core_with("neutron", {**neutron.options, **names}, tmp_path) as made:
        yield made
