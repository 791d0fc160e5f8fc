# SPDX-License-Identifier: Apache-2.0
"""What all tests share. Before any test imports anything: the kind of threads, as the console commands choose it."""

import hypothesis
import pytest

from ironic_lite.common import concurrency

concurrency.setup()

# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "busy machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("busy machine")


@pytest.fixture(scope="session", autouse=True)
def state_path(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that a test starts in this process writes into the developer's home."""
    from ironic_lite.conf import CONF

    CONF.set_default("state_path", str(tmp_path_factory.mktemp("state")))
