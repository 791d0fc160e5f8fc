# SPDX-License-Identifier: Apache-2.0
"""A rack of two quick servers and the API that they boot from; a larger one with the whole service in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.cloud import QUICK, Cloud, of_one_conductor, running
from tests.functional.rack.provisioner import Provisioner


@pytest.fixture
def provisioner() -> Iterator[Provisioner]:
    """The API that servers boot from."""
    with Provisioner() as api:
        yield api


@pytest.fixture
def rack(provisioner: Provisioner) -> Iterator[VirtualRack]:
    """Two servers that boot from the provisioner, which has no script for them yet."""
    with VirtualRack(count=2, boot_url=provisioner.url, timing=QUICK) as virtual_rack:
        yield virtual_rack


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The service in front of a rack, one for all tests of a process: each takes servers of its own."""
    with running(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture
def one_conductor(tmp_path: Path, mariadb_url: str, rabbitmq_url: str) -> Iterator[Cloud]:
    """The service with one conductor, ``c1``, that can be killed and replaced; for one test."""
    with of_one_conductor(tmp_path, mariadb_url, rabbitmq_url) as made:
        yield made
