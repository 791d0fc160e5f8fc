# SPDX-License-Identifier: Apache-2.0
"""The kernel and the ramdisk in the store that nodes boot which name none, and for which no option names one."""

from typing import Any

from ironic_lite.images.store.content import KERNEL
from ironic_lite.images.store.source import SCHEME
from ironic_lite.objects import image as records


def pair(context: Any, kind: str, cpu_arch: str | None) -> tuple[str, str] | None:
    """Return references to the kernel and its ramdisk; None when there is no default.

    That of the architecture comes before one of unknown architecture.

    :param kind: ``deploy`` or ``rescue``.
    """
    kernels = records.Image.list(context, filters={"disk_format": KERNEL, "status": records.ACTIVE})
    fitting = [
        each
        for each in kernels
        if kind in each.default_for and each.ramdisk and each.cpu_arch in (None, cpu_arch)
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda each: (each.cpu_arch is not None, each.id))
    return SCHEME + best.uuid, SCHEME + best.ramdisk
