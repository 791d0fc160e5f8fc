# SPDX-License-Identifier: Apache-2.0
"""Fields of ``driver_info`` that mean something to Ironic and nothing here: refused by name, never ignored.

Which ones is said by the interfaces that would read them (``BaseInterface.refused_properties``), as what they read is
(``get_properties``). Names that mean nothing to Ironic either are a client's own, and stay free.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import exception
from ironic_lite.common.interface_types import INTERFACE_TYPES


@dataclasses.dataclass(frozen=True)
class Refused:
    """A field that is not honoured.

    :param instead: what to do without it, as a sentence.
    :param harmless: values that ask for nothing.
    """

    instead: str
    harmless: tuple[Any, ...] = (None, "")


def check(driver: Any, driver_info: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Refuse what is not honoured, unless the node has had it before.

    :param driver: one attribute per interface type.
    :param before: ``driver_info`` as it was; what the node has had already keeps nobody from changing something else.
    :raises InvalidParameterValue: naming each field, and what to do instead.
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


def _refused(driver: Any, name: str) -> Refused | None:
    interfaces = [getattr(driver, kind) for kind in INTERFACE_TYPES]
    for interface in interfaces:
        listed: Refused | None = interface.refused_properties().get(name)
        if listed is not None:
            return listed
    honoured = {each for interface in interfaces for each in interface.get_properties()}
    for interface in interfaces:
        prefix = interface.properties_prefix
        if prefix and name.startswith(prefix) and name not in honoured:
            known = ", ".join(sorted(each for each in honoured if each.startswith(prefix)))
            return Refused(f"Fields that begin with {prefix} are: {known}.")
    return None
