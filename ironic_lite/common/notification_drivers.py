# SPDX-License-Identifier: Apache-2.0
"""Drivers of notifications that other projects bring, such as ``prometheus_exporter``.

They register their options when they are imported, which has to be before anybody judges what a file says.
"""

from collections.abc import Iterable
from importlib import metadata

NAMESPACE = "oslo.messaging.notify.drivers"

_USUAL = frozenset({"messaging", "messagingv2", "log", "noop", "routing", "test"})
"""The library's own, which have no options of their own."""


def load(names: Iterable[str]) -> list[str]:
    """Import these drivers.

    :returns: what is wrong with them, a line each.
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
                f"[oslo_messaging_notifications] driver '{name}' is not installed; there are: {known}."
            )
            continue
        try:
            installed[name].load()
        except Exception as exc:
            problems.append(
                f"[oslo_messaging_notifications] driver '{name}' cannot be loaded: {exc!r}"
            )
    return problems
