# SPDX-License-Identifier: Apache-2.0
"""Fields of ``driver_info`` that Ironic supports and this service does not: they are refused instead of ignored.

The interfaces declare them (``BaseInterface.refused_properties``), like the fields that they read
(``get_properties``). Names that Ironic does not know either are free for clients.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ironic_lite.common import exception

if TYPE_CHECKING:
    # Its interfaces say what they refuse.
    from ironic_lite.drivers.interfaces.driver import Driver


@dataclasses.dataclass(frozen=True)
class Refused:
    """A field that is not supported.

    :param instead: what to do instead, as a sentence.
    :param harmless: values without an effect, which are accepted.
    """

    instead: str
    harmless: tuple[Any, ...] = (None, "")


def check(driver: "Driver", driver_info: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Refuse unsupported fields, unless the node has them already.

    :param before: previous ``driver_info``; unsupported fields in it do not prevent other changes.
    :raises InvalidParameterValue: the message names each field, and what to do instead.
    """
    problems = []
    for name in sorted(driver_info):
        value = driver_info[name]
        if name in before and repr(before[name]) == repr(value):
            continue
        found = _refused(driver, name)
        if found is not None and value not in found.harmless:
            problems.append(f"driver_info/{name} is not supported. {found.instead}")
    if problems:
        raise exception.InvalidParameterValue(err=" ".join(problems))


def _refused(driver: "Driver", name: str) -> Refused | None:
    interfaces = driver.interfaces().values()
    for interface in interfaces:
        listed = interface.refused_properties().get(name)
        if listed is not None:
            return listed
    honoured = {each for interface in interfaces for each in interface.get_properties()}
    for interface in interfaces:
        prefix = interface.properties_prefix
        if prefix and name.startswith(prefix) and name not in honoured:
            known = ", ".join(sorted(each for each in honoured if each.startswith(prefix)))
            return Refused(f"Fields that begin with {prefix} are: {known}.")
    return None
