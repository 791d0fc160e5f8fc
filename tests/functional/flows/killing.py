# SPDX-License-Identifier: Apache-2.0
"""A conductor that is killed at a boundary of its work beside another OpenStack service.

A boundary lies before and after each guarded request, and before each write of a record. At the boundary where the
conductor is killed, an exception is raised that nothing handles. So the conductor neither writes nor sends any more.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import loading

from ironic_lite.common import openstack_services
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from tests.functional.flows.conductor_core import ConductorCore


class Killed(BaseException):
    """The conductor was killed."""


class Boundary:
    """The boundary at which the conductor is killed."""

    def __init__(self) -> None:
        self._left: int | None = None

    def _pass(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Killed

    def kills(self, at: int, work: Callable[[], object]) -> bool:
        """Do some work; return whether the conductor was killed at this boundary of it, 0 being the first."""
        self._left = at
        try:
            work()
        except Killed:
            return True
        finally:
            self._left = None
        return False

    def _guarded(self, function: Callable[..., Any], also_after: bool) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self._pass()
            result = function(*args, **more)
            if also_after:
                self._pass()
            return result

        return call

    def guard(
        self,
        monkeypatch: pytest.MonkeyPatch,
        client: type[Any],
        requests: Iterable[str],
        records: Iterable[Any],
    ) -> None:
        """Make boundaries of these methods of a client, and of the writes of these kinds of records."""
        for name in requests:
            monkeypatch.setattr(client, name, self._guarded(getattr(client, name), True))
        for record in records:
            monkeypatch.setattr(record, "save", self._guarded(record.save, False))


@contextlib.contextmanager
def core_with(group: str, options: Mapping[str, Any], directory: Path) -> Iterator[ConductorCore]:
    """A conductor's core that is a client of the service of an options group."""
    CONF([], project="ironic-lite", default_config_files=[])
    CONF.set_override("connection", f"sqlite:///{directory}/ironic-lite.sqlite", group="database")
    engine.dispose()
    migration.upgrade()
    loading.register_auth_conf_options(CONF, group)
    loading.register_session_conf_options(CONF, group)
    loading.register_adapter_conf_options(CONF, group, include_deprecated=False)
    if options.get("auth_type") == "password":
        CONF.register_opts(loading.get_auth_plugin_conf_options("password"), group=group)
        # A required option: without a default, other tests of this process could not read their configuration.
        CONF.set_default("auth_url", "http://127.0.0.1:1", group=group)
    for name, value in options.items():
        CONF.set_override(name, value, group=group)
    openstack_services.forget()
    made = ConductorCore()
    yield made
    made.close()
    engine.dispose()
    openstack_services.forget()
