# SPDX-License-Identifier: Apache-2.0
"""One request of the comparison, and the scene for it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

NEWEST = 115

IDS = {
    "node": "a0000000-0000-4000-8000-000000000001",
    "other": "a0000000-0000-4000-8000-000000000002",
    "tenant": "a0000000-0000-4000-8000-000000000003",
    "child": "a0000000-0000-4000-8000-000000000004",
    "instance": "a1000000-0000-4000-8000-000000000001",
    "port": "b0000000-0000-4000-8000-000000000001",
    "member": "b0000000-0000-4000-8000-000000000002",
    "portgroup": "b1000000-0000-4000-8000-000000000001",
    "empty_group": "b1000000-0000-4000-8000-000000000002",
    "chassis": "c0000000-0000-4000-8000-000000000001",
    "other_port": "b0000000-0000-4000-8000-000000000003",
    "tenant_port": "b0000000-0000-4000-8000-000000000004",
    "connector": "d0000000-0000-4000-8000-000000000001",
    "target": "d1000000-0000-4000-8000-000000000001",
    "allocation": "a1000000-0000-4000-8000-000000000001",
    "failed_allocation": "e0000000-0000-4000-8000-000000000002",
    "template": "e1000000-0000-4000-8000-000000000001",
    "runbook": "e2000000-0000-4000-8000-000000000001",
    "rule": "e3000000-0000-4000-8000-000000000001",
    "new": "f0000000-0000-4000-8000-000000000001",
    "missing": "f0000000-0000-4000-8000-000000000404",
}
"""What ``{node}`` and the like in paths and bodies stand for; the same on both sides."""


def filled(text: str) -> str:
    """Return ``text`` with the names of UUIDs replaced by the UUIDs."""
    for name, uuid in IDS.items():
        text = text.replace(f"{{{name}}}", uuid)
    return text


@dataclasses.dataclass(frozen=True)
class Scene:
    """The state of the node ``{node}`` before a request: columns of its row, the same in both databases."""

    name: str
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def is_locked(self) -> bool:
        """Whether a conductor holds the lock of the node."""
        return self.columns.get("reservation") is not None


PLAIN = Scene("manageable")


@dataclasses.dataclass(frozen=True)
class Case:
    """A request.

    :param chapter: the group of cases that it belongs to.
    :param path: the path below ``/v1``.
    :param body: a value that is sent as JSON, or a text that is sent unchanged.
    :param who: the user; empty without authentication.
    :param follows: the databases are not restored after the case before it.
    """

    chapter: str
    method: str
    path: str
    body: Any = None
    minor: int = NEWEST
    scene: Scene = PLAIN
    who: str = ""
    follows: bool = False

    @property
    def name(self) -> str:
        """The unique name of the case: scene, user, microversion, method, path, body."""
        who = f" as {self.who}" if self.who else ""
        sent = "" if self.body is None else f" {self.text}"
        return f"{self.scene.name}{who} | 1.{self.minor} | {self.method} {self.path}{sent}"

    @property
    def text(self) -> str:
        """The body, with names of records instead of UUIDs."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body, sort_keys=True)


def around(*changes: int) -> tuple[int, ...]:
    """Return the microversions just below and at each change, and the newest."""
    both = {minor for change in changes for minor in (change - 1, change) if minor > 0}
    return tuple(sorted({*both, NEWEST}))


def at(minors: Iterator[int] | tuple[int, ...], case: Case) -> Iterator[Case]:
    """Yield the same request at several microversions."""
    for minor in minors:
        yield dataclasses.replace(case, minor=minor)
