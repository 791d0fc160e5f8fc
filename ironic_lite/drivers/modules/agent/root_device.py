# SPDX-License-Identifier: Apache-2.0
"""Hints that tell which of a server's disks gets the image. The agent evaluates them; here they are checked early."""

from typing import Any

from ironic_lite.common import exception

_TEXT = frozenset(
    {
        "model",
        "vendor",
        "serial",
        "wwn",
        "wwn_with_extension",
        "wwn_vendor_extension",
        "name",
        "hctl",
        "by_path",
    }
)
_HINTS = _TEXT | {"size", "rotational"}


def validate(node: Any) -> None:
    """Check ``root_device`` in ``instance_info`` or ``properties``.

    :raises InvalidParameterValue: naming the hint that is wrong.
    """
    for where in ("instance_info", "properties"):
        hints = getattr(node, where).get("root_device")
        if hints is not None:
            _check(hints, f"{where}/root_device")
            return


def _check(hints: Any, where: str) -> None:
    if not isinstance(hints, dict):
        raise exception.InvalidParameterValue(
            err=f"{where} must be an object of hints, such as {{'serial': '...'}}."
        )
    unknown = sorted(set(map(str, hints)) - _HINTS)
    if unknown:
        raise exception.InvalidParameterValue(
            err=f"{where} has the unknown hint(s) {', '.join(unknown)}; known are {', '.join(sorted(_HINTS))}."
        )
    size = hints.get("size")
    if size is not None and not (isinstance(size, str) or (isinstance(size, int) and size > 0)):
        raise exception.InvalidParameterValue(
            err=f"{where}/size must be a number of GiB, or text such as '>= 100'."
        )
