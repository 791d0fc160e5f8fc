# SPDX-License-Identifier: Apache-2.0
"""Which kernel and ramdisk the agent of a node boots from.

``driver_info`` of the node comes first, then ``[conductor] deploy_kernel_by_arch`` and the like for the architecture in
``properties/cpu_arch``, then ``[conductor] deploy_kernel`` and the like, then the default in the image store. Kernel
and ramdisk come from the same of these places, because a kernel loads only the modules of its own ramdisk.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ironic_lite.common import context, exception
from ironic_lite.conf import CONF
from ironic_lite.images.store import defaults

KINDS = ("deploy", "rescue")
PARTS = ("kernel", "ramdisk")
FIELDS = tuple(f"{kind}_{part}" for kind in KINDS for part in PARTS)

DRIVER_INFO = "driver_info"


@dataclasses.dataclass(frozen=True)
class Found:
    """An image, and which field or option names it.

    :param reference: as it was set, unchecked.
    :param where: the field or option, for messages.
    :param is_operators: whether the configuration names it, so that it is nobody's in particular.
    """

    reference: Any
    where: str
    is_operators: bool = False


def pair(node: Any, kind: str) -> dict[str, Found]:
    """Return both images of a ramdisk, by the names that the fields have in ``driver_info``.

    :param kind: ``deploy`` or ``rescue``.
    :raises MissingParameterValue: when no place has them, or the first place that has one of them lacks the other.
    """
    names = [f"{kind}_{part}" for part in PARTS]
    for place in _places(node, names):
        missing = [name for name in names if not place[name].reference]
        if not missing:
            return place
        if len(missing) == 1:
            (has,) = set(names) - set(missing)
            raise exception.MissingParameterValue(
                err=f"{place[missing[0]].where} is missing, but {place[has].where} is set; set both, because kernel "
                "and ramdisk belong together."
            )
    raise exception.MissingParameterValue(
        err=f"Node {node.uuid} has no {kind} ramdisk: set driver_info/{names[0]} and {names[1]}, or [conductor] "
        f"{names[0]} and {names[1]} for all nodes, or 'ironic-lite image add --kernel FILE --ramdisk FILE --default "
        f"{kind} NAME'."
    )


def known(node: Any, kind: str) -> list[Found]:
    """Return the images of a ramdisk as :func:`pair` does; none when that raises."""
    try:
        return list(pair(node, kind).values())
    except exception.MissingParameterValue:
        return []


def find(node: Any, field: str) -> Found:
    """Return one image of a node, by its name in ``driver_info``; raises as :func:`pair`."""
    return pair(node, field.partition("_")[0])[field]


def _places(node: Any, names: list[str]) -> Iterator[dict[str, Found]]:
    yield {name: Found(node.driver_info.get(name), f"{DRIVER_INFO}/{name}") for name in names}
    cpu_arch = node.properties.get("cpu_arch")
    yield from _configured(cpu_arch, names)
    kind = names[0].partition("_")[0]
    if stored := defaults.pair(context.admin_context(), kind, cpu_arch):
        where = f"the default {kind} ramdisk in the image store"
        yield {
            name: Found(reference, where, is_operators=True)
            for name, reference in zip(names, stored, strict=True)
        }


def _configured(cpu_arch: Any, names: list[str]) -> Iterator[dict[str, Found]]:
    options = CONF.conductor
    if cpu_arch:
        yield {name: _of_architecture(name, str(cpu_arch)) for name in names}
    yield {name: Found(options[name], f"[conductor] {name}", is_operators=True) for name in names}


def _of_architecture(name: str, cpu_arch: str) -> Found:
    option = f"{name}_by_arch"
    value = CONF.conductor[option].get(cpu_arch)
    return Found(value, f"[conductor] {option} for {cpu_arch}", is_operators=True)


def configured() -> Iterator[Mapping[str, Found]]:
    """Yield each pair that the configuration names, by the names of its fields; one of a pair may be missing."""
    for kind in KINDS:
        names = [f"{kind}_{part}" for part in PARTS]
        known = {arch for name in names for arch in CONF.conductor[f"{name}_by_arch"]}
        for cpu_arch in (*sorted(known), None):
            place = next(_configured(cpu_arch, names))
            if any(found.reference for found in place.values()):
                yield place
