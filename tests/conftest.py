# SPDX-License-Identifier: Apache-2.0
"""What all tests share. Before any test imports anything: the kind of threads, as the console commands choose it."""

from collections.abc import Iterator
from typing import Any

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


@pytest.fixture(autouse=True)
def own_options(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Options that a test overrides, in its fixtures or itself, are as before when it ends.

    ``CONF.clear()`` leaves overrides as they are: one test's short timeouts would be those of all that follow it in the
    same process.
    """
    from ironic_lite.conf import CONF

    overridden: list[tuple[str, str | None]] = []
    override = CONF.set_override

    def set_override(name: str, value: Any, group: str | None = None) -> None:
        override(name, value, group)
        overridden.append((name, group))

    monkeypatch.setattr(CONF, "set_override", set_override)
    yield
    for name, group in overridden:
        CONF.clear_override(name, group)
