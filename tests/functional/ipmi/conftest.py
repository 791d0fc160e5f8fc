# SPDX-License-Identifier: Apache-2.0
"""What tests of the IPMI interfaces share."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.ipmi import retry, sessions, transport


@pytest.fixture
def settings() -> Iterator[Callable[..., None]]:
    """`settings("group", option=value)` for the length of a test."""
    changed = []

    def change(group: str, **options: Any) -> None:
        for name, value in options.items():
            CONF.set_override(name, value, group=group)
            changed.append((name, group))

    yield change
    for name, group in changed:
        CONF.clear_override(name, group=group)


@pytest.fixture(autouse=True)
def no_sessions_left() -> Iterator[None]:
    """Each test logs out, so that the next one finds no warm session."""
    yield
    sessions.close_all()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost datagrams are noticed sooner than a slow BMC would like: the tests' BMCs answer in milliseconds."""
    monkeypatch.setattr(transport, "FIRST_PATIENCE", 0.25)
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.02)


@pytest.fixture
def make_task() -> Callable[..., Any]:
    """A task as a driver sees it: `make_task(driver_info, properties=..., instance_info=...)`."""

    def make(driver_info: dict[str, Any], **fields: Any) -> Any:
        node: dict[str, Any] = {
            "uuid": "9a1b0f9e-1f0e-4e3c-8d8e-2f5c3f0d7b11",
            "driver": "ipmi",
            "driver_info": driver_info,
            "properties": {},
            "instance_info": {},
            "driver_internal_info": {},
            "disable_power_off": False,
            "boot_mode": None,
        }
        return SimpleNamespace(
            node=SimpleNamespace(**(node | fields)), context=None, ensure_locked=lambda: None
        )

    return make
