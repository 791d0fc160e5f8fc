# SPDX-License-Identifier: Apache-2.0
"""Whether a boot device is set persistently; ``driver_info/force_persistent_boot_device`` decides."""

from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception

FIELD = "force_persistent_boot_device"
_ALWAYS, _DEFAULT, _NEVER = "always", "default", "never"


def decide(node: Any, asked: bool) -> bool:
    """Tell whether to set a boot device persistently.

    :param asked: the result if the node sets nothing, or ``Default``.
    :raises InvalidParameterValue: when the node's value is not ``Always``, ``Default`` or ``Never``.
    """
    return {_ALWAYS: True, _DEFAULT: asked, _NEVER: False}[_wish(node)]


def check(node: Any) -> None:
    """Raise InvalidParameterValue as :func:`decide` does."""
    _wish(node)


def _wish(node: Any) -> str:
    value = node.driver_info.get(FIELD)
    if value in (None, ""):
        return _DEFAULT
    word = str(value).strip().lower()
    if word in (_ALWAYS, _DEFAULT, _NEVER):
        return word
    try:
        # Earlier the field was a boolean.
        return _ALWAYS if strutils.bool_from_string(word, strict=True) else _DEFAULT
    except ValueError:
        raise exception.InvalidParameterValue(
            err=f"driver_info/{FIELD} is '{value}'; it must be Always, Default or Never."
        ) from None
