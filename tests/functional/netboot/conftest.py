# SPDX-License-Identifier: Apache-2.0
"""The cable between the boot service and its clients."""

from collections.abc import Iterator

import pytest

from tests.functional.netboot import wire
from tests.functional.servers import unprivileged


@pytest.fixture
def cable() -> Iterator[wire.Cable]:
    # The service becomes another user, who cannot read below tmp_path.
    with unprivileged.server_directory("netboot") as directory, wire.connected(directory) as made:
        yield made
