# SPDX-License-Identifier: Apache-2.0
"""The capabilities of a node (in ``properties``) and of its instance (in ``instance_info``)."""

from collections.abc import Mapping
from typing import Any

from ironic_lite.common import exception, json_reading

HOLDERS = ("instance_info", "properties")
"""Fields with capabilities; the first one that sets a capability decides."""

_VALUES = {
    "boot_mode": ("bios", "uefi"),
    "secure_boot": ("true", "false"),
    "disk_label": ("msdos", "gpt"),
}


def read(node: Any, field: str) -> dict[str, Any]:
    """Return the capabilities in one of :data:`HOLDERS`.

    Their forms are Ironic's: an object, its JSON, or ``name:value,name:value``.

    :raises InvalidParameterValue: when they are invalid.
    """
    value = (getattr(node, field) or {}).get("capabilities") or {}
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json_reading.read(value)
        except json_reading.Unreadable as exc:
            raise exception.InvalidParameterValue(
                err=f"capabilities of {field} are not valid JSON: {exc}."
            ) from None
    if isinstance(value, dict):
        return value
    pairs = (pair.partition(":") for pair in str(value).split(",") if ":" in pair)
    return {name.strip(): rest.strip() for name, _colon, rest in pairs}


def get(node: Any, name: str) -> str | None:
    """Return a capability of the instance, else of the node; None when neither sets it.

    :raises InvalidParameterValue: when its value or the capabilities are invalid.
    """
    for field in HOLDERS:
        value = read(node, field).get(name)
        if value is not None:
            return _checked(name, value, field)
    return None


def change(node: Any, changes: Mapping[str, str | None]) -> None:
    """Set capabilities in the node's ``properties``, in their present form; None removes one.

    :raises InvalidParameterValue: when the present ones are invalid.
    """
    known = read(node, "properties")
    left = {name: value for name, value in known.items() if changes.get(name, "") is not None}
    left.update({name: value for name, value in changes.items() if value is not None})
    if left == known:
        return
    written: Any = left
    if not isinstance(node.properties.get("capabilities"), dict):
        written = ",".join(f"{name}:{value}" for name, value in left.items())
    node.properties = {**node.properties, "capabilities": written}


def validate(node: Any) -> None:
    """Check all capabilities that deployments use.

    :raises InvalidParameterValue: when one is wrong; the message names it.
    """
    for name in _VALUES:
        get(node, name)


def _checked(name: str, value: Any, field: str) -> str:
    allowed = _VALUES.get(name)
    text = str(value).lower()
    if allowed is not None and text not in allowed:
        raise exception.InvalidParameterValue(
            err=f"{name} is '{text}' in the capabilities of {field}; it must be one of {', '.join(allowed)}."
        )
    return text
