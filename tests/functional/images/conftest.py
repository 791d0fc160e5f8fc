# SPDX-License-Identifier: Apache-2.0
"""Keystone, Glance, ironic_lite and a virtual rack, one of each for the tests of a process."""

from collections.abc import Iterator

import pytest

from tests.functional.images.surroundings import Surroundings, running
from tests.functional.servers.openstack_environment import Environment


@pytest.fixture(scope="session")
def surroundings(
    tmp_path_factory: pytest.TempPathFactory, openstack_environment: Environment
) -> Iterator[Surroundings]:
    """Tests take servers and images of their own."""
    with running(tmp_path_factory.mktemp("images"), openstack_environment) as made:
        yield made
