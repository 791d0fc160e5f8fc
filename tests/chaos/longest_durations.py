# SPDX-License-Identifier: Apache-2.0
"""Checks that no lock and no transient state lasts too long."""

from collections.abc import Mapping
from typing import Any

from tests.chaos.operations import at_rest

STEPS = ("deploy_step", "clean_step", "service_step")


class Watch:
    """Records the progress of each node.

    :param patience: seconds after which a lock or a transient state without progress is stuck.
    """

    def __init__(self, patience: float) -> None:
        self.stuck: list[str] = []
        self._patience = patience
        self._since: dict[str, tuple[Any, float]] = {}

    def look(self, node: Mapping[str, Any], now: float) -> str | None:
        """Return a text, once, when a node is stuck.

        :param now: seconds on a clock that stops while the cluster cannot work.
        """
        seen = (
            node["provision_state"],
            node["reservation"],
            node["target_power_state"],
            *(str(node[step]) for step in STEPS),
        )
        before, since = self._since.get(node["uuid"], (None, 0.0))
        if at_rest(node) or seen != before:
            self._since[node["uuid"]] = (seen, now)
            return None
        if now - since <= self._patience:
            return None
        self._since[node["uuid"]] = (seen, now)
        self.stuck.append(f"{node['name']}: {seen} for more than {self._patience:g} s")
        return self.stuck[-1]
