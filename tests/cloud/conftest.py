# SPDX-License-Identifier: Apache-2.0
"""One cloud for all tests of this directory; `make cloud-test` runs them."""

from collections.abc import Iterator

import pytest

from tests.cloud import composition, furnishing
from tests.cloud.composition import Cloud

SERVERS = 6


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with six nodes, an image, a flavor and networks."""
    with composition.running(tmp_path_factory.mktemp("cloud"), servers=SERVERS) as cloud:
        furnishing.furnish(cloud)
        yield cloud
