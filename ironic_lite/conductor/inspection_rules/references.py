# SPDX-License-Identifier: Apache-2.0
"""The values of references in rules.

References are looked up, never formatted: a text in a rule or an inventory can reach data only, and no attribute of a
Python object.
"""

import re
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.common.inspection_rules import REFERENCE
from ironic_lite.objects.node import Node

_STEP = re.compile(r"\.(\w+)|\[([^\[\]{}]*)\]")
_MAX_TEXT = 256 * 1024

_UNREADABLE = frozenset({"agent_secret_token", "reservation_token"})
_MISSING = object()


class Scope:
    """The data that references can read: ``node``, ``inventory``, ``plugin_data`` and, in a loop, ``item``.

    :param masked: whether passwords of the node are replaced by asterisks.
    """

    def __init__(
        self,
        node: Node,
        inventory: dict[str, Any],
        plugin_data: dict[str, Any],
        masked: bool,
        item: Any = _MISSING,
    ):
        self._node = node
        self._inventory = inventory
        self._plugin_data = plugin_data
        self._masked = masked
        self._item = item

    def with_item(self, item: Any) -> "Scope":
        """Return a copy of the scope for one item of a loop."""
        item = self.fill(item)
        return Scope(self._node, self._inventory, self._plugin_data, self._masked, item)

    def fill(self, value: Any) -> Any:
        """Return the value with all references in its texts replaced.

        A text with an unknown reference is returned unchanged as a whole.
        """
        if isinstance(value, str):
            return self._fill_text(value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def read(self, value: Any) -> Any:
        """Return the value of a text that is a single reference, in its own type; None when it is unknown."""
        whole = REFERENCE.fullmatch(value) if isinstance(value, str) else None
        if whole is None:
            return self.fill(value)
        found = self._find(whole.group(1), whole.group(2))
        return None if found is _MISSING else found

    def _fill_text(self, text: str) -> str:
        parts, position = [], 0
        for match in REFERENCE.finditer(text):
            found = self._find(match.group(1), match.group(2))
            if found is _MISSING:
                return text
            parts += [text[position : match.start()], str(found)]
            position = match.end()
        filled = "".join([*parts, text[position:]])
        if len(filled) > _MAX_TEXT:
            raise ValueError(
                f"a text is longer than {_MAX_TEXT} characters after its references are replaced"
            )
        return filled

    def _find(self, root: str, way: str) -> Any:
        steps = [match.groups() for match in _STEP.finditer(way)]
        if root == "node":
            # A node has attributes; the other roots have keys.
            if not steps or steps[0][0] is None:
                return _MISSING
            found = self._node_attribute(steps.pop(0)[0])
        else:
            found = {
                "inventory": self._inventory,
                "plugin_data": self._plugin_data,
                "item": self._item,
            }[root]
        for attribute, key in steps:
            found = _MISSING if attribute is not None else _inside(found, key)
        return found

    def _node_attribute(self, name: str) -> Any:
        if name not in self._node.fields or name in _UNREADABLE:
            return _MISSING
        value = getattr(self._node, name)
        if name == "instance_info" and self._masked:
            return redaction.mask_instance_info(value)
        return redaction.mask(value) if self._masked else value


def _inside(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, _MISSING)
    if isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 6:
        place = int(key)
        return value[place] if place < len(value) else _MISSING
    return _MISSING
