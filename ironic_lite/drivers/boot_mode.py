# SPDX-License-Identifier: Apache-2.0
"""Which boot mode a node asks for."""

import json
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF

BIOS = "bios"
UEFI = "uefi"
MODES = (BIOS, UEFI)


def of(node: Any) -> str:
    """The boot mode to use for a node, ``uefi`` or ``bios``.

    The instance's capabilities come first, then the node's, then the mode it is known to be in, then
    ``[deploy] default_boot_mode``.

    :raises InvalidParameterValue: when the capabilities name another boot mode, or are not readable.
    """
    for field in ("instance_info", "properties"):
        mode = _capabilities(getattr(node, field) or {}, field).get("boot_mode")
        if mode is None:
            continue
        if mode not in MODES:
            raise exception.InvalidParameterValue(
                err=f"boot_mode is '{mode}' in the capabilities of {field}; it must be one of {', '.join(MODES)}."
            )
        return str(mode)
    return str(node.boot_mode or CONF.deploy.default_boot_mode)


def _capabilities(holder: dict[str, Any], field: str) -> dict[str, Any]:
    """Capabilities as Ironic writes them: a dictionary, its JSON, or ``name:value,name:value``."""
    value = holder.get("capabilities") or {}
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            raise exception.InvalidParameterValue(
                err=f"capabilities of {field} are not valid JSON."
            ) from None
    if isinstance(value, dict):
        return value
    pairs = (pair.partition(":") for pair in str(value).split(",") if ":" in pair)
    return {name.strip(): rest.strip() for name, _colon, rest in pairs}
