# SPDX-License-Identifier: Apache-2.0
"""Notification drivers of other projects, such as ``prometheus_exporter``.

They register their options on import, so they must be imported before the configuration is checked.
"""

from collections.abc import Iterable
from importlib import metadata

NAMESPACE = "oslo.messaging.notify.drivers"

_USUAL = frozenset({"messaging", "messagingv2", "log", "noop", "routing", "test"})
"""The drivers of oslo.messaging, which have no options of their own."""


def load(names: Iterable[str]) -> list[str]:
    """Import these drivers.

    :returns: a message for each driver that cannot be used.
    """
    wanted = [name for name in dict.fromkeys(names) if name not in _USUAL]
    if not wanted:
        return []
    installed = {each.name: each for each in metadata.entry_points(group=NAMESPACE)}
    problems = []
    for name in wanted:
        if name not in installed:
            known = ", ".join(sorted(installed))
            problems.append(
                f"[oslo_messaging_notifications] driver '{name}' is not installed; installed drivers are: {known}."
            )
            continue
        try:
            installed[name].load()
        except Exception as exc:
            problems.append(
                f"[oslo_messaging_notifications] driver '{name}' cannot be loaded: {exc!r}"
            )
    return problems
