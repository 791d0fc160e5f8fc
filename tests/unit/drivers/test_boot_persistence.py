# SPDX-License-Identifier: Apache-2.0
"""Whether boot devices are set persistently."""

from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers import boot_persistence


def node(value: Any) -> SimpleNamespace:
    return SimpleNamespace(driver_info={} if value is None else {boot_persistence.FIELD: value})


@pytest.mark.parametrize("value", ["Always", "always", " ALWAYS ", True, "true", "yes", 1])
def test_always(value: Any) -> None:
    assert [boot_persistence.decide(node(value), asked) for asked in (True, False)] == [True, True]


@pytest.mark.parametrize("value", ["Never", "never", " NEVER "])
def test_never(value: Any) -> None:
    decided = [boot_persistence.decide(node(value), asked) for asked in (True, False)]
    assert decided == [False, False]


@pytest.mark.parametrize("value", [None, "", "Default", "default", False, "false", "no", 0])
def test_as_it_was_asked_for(value: Any) -> None:
    decided = [boot_persistence.decide(node(value), asked) for asked in (True, False)]
    assert decided == [True, False]


@pytest.mark.parametrize("value", ["sometimes", 7, ["Never"]])
def test_nonsense(value: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="must be Always, Default or Never"):
        boot_persistence.check(node(value))
